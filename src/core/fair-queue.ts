/** Who work is done for: a user, or `undefined` for all work without one, which together counts as one user. */
export type FlowName = string | undefined;

/** What every item costs at least, so that of two users who begin at once neither gets all that is free. */
const LEAST_COST = 1;
/** From this number on, users who have no work here are forgotten, even if they have had more than their share. */
const MANY_FLOWS = 4_096;

interface Flow<Item> {
  readonly name: FlowName;
  readonly weight: number;
  readonly waiting: Item[];
  /** Number of items that were taken and have not left. */
  inService: number;
  /** Start tag of its next item: what its items have cost, divided by its weight. */
  start: number;
}

/**
 * Items that wait, in a queue for each user. The next item is one of the user who has had least for its weight, and among
 * the items of a user the oldest. This is start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996), in its form for
 * processors, where the cost of an item is known only afterwards (Goyal, Guo, Vin: OSDI 1996): an item's start tag is the
 * later of the virtual time at which it came and the tag at which its user's last one finished; the item with the earliest
 * start tag is served, and virtual time is that tag. So of two users with work at all times, neither gets ahead of the other
 * by more than the cost of one item of each, whatever they cost and however many there are.
 */
export class FairQueue<Item> {
  readonly #weightOf: (flow: FlowName) => number;
  readonly #flows = new Map<FlowName, Flow<Item>>();
  readonly #backlogged = new Set<Flow<Item>>();
  #virtualTime = 0;
  #size = 0;
  #inService = 0;
  #sweepAt = MANY_FLOWS;

  /** @param weightOf the share of a user beside the others, more than 0; by default all have the same */
  constructor(weightOf: (flow: FlowName) => number = () => 1) {
    this.#weightOf = weightOf;
  }

  /** Number of items that wait. */
  get size(): number {
    return this.#size;
  }

  /** Number of users that are remembered. */
  get flows(): number {
    return this.#flows.size;
  }

  /** Appends an item to the queue of its user. */
  push(name: FlowName, item: Item): void {
    const flow = this.#flowOf(name);
    if (flow.waiting.length === 0 && flow.inService === 0)
      flow.start = Math.max(flow.start, this.#virtualTime);
    flow.waiting.push(item);
    this.#backlogged.add(flow);
    this.#size++;
  }

  /**
   * Takes the next item into service, if there is one that may go. Each item that is taken must {@link leave}.
   * @param mayGo an item that may not go is passed by; it keeps its place
   */
  take(mayGo: (item: Item) => boolean): Item | undefined {
    let next: Flow<Item> | undefined;
    let index = -1;
    let earliest = Infinity;
    for (const flow of this.#backlogged) {
      earliest = Math.min(earliest, flow.start);
      if (next !== undefined && next.start <= flow.start) continue;
      const at = flow.waiting.findIndex(mayGo);
      if (at >= 0) [next, index] = [flow, at];
    }
    if (next === undefined) return undefined;
    this.#virtualTime = Math.max(this.#virtualTime, earliest);
    next.inService++;
    this.#inService++;
    next.start += LEAST_COST / next.weight;
    return this.#remove(next, index);
  }

  /** Charges a user for an item in service. */
  charge(name: FlowName, cost: number): void {
    const flow = this.#flows.get(name);
    if (flow !== undefined) flow.start += cost / flow.weight;
  }

  /** An item of the user is served. */
  leave(name: FlowName): void {
    const flow = this.#flows.get(name);
    if (flow === undefined || flow.inService === 0) return;
    flow.inService--;
    this.#inService--;
    this.#forget(flow);
  }

  /** Takes an item out of the queue unserved. Returns false for one that does not wait. */
  withdraw(name: FlowName, item: Item): boolean {
    const flow = this.#flows.get(name);
    const at = flow?.waiting.indexOf(item) ?? -1;
    if (flow === undefined || at < 0) return false;
    this.#remove(flow, at);
    this.#forget(flow);
    return true;
  }

  /** Takes all items out of the queue unserved. */
  clear(): Item[] {
    const flows = [...this.#backlogged];
    const items = flows.flatMap(({ waiting }) => waiting.splice(0));
    this.#backlogged.clear();
    this.#size = 0;
    for (const flow of flows) this.#forget(flow);
    return items;
  }

  #flowOf(name: FlowName): Flow<Item> {
    const known = this.#flows.get(name);
    if (known !== undefined) return known;
    if (this.#flows.size >= this.#sweepAt) this.#sweep();
    const weight = this.#weightOf(name);
    const flow = { name, weight, waiting: [], inService: 0, start: this.#virtualTime };
    this.#flows.set(name, flow);
    return flow;
  }

  #remove(flow: Flow<Item>, at: number): Item {
    const [item] = flow.waiting.splice(at, 1) as [Item];
    this.#size--;
    if (flow.waiting.length === 0) this.#backlogged.delete(flow);
    return item;
  }

  /** Forgets a user without work, unless it has had more than its share and could come back for more. */
  #forget(flow: Flow<Item>): void {
    if (this.#size === 0 && this.#inService === 0) {
      this.#flows.clear(); // there is nobody to be fair to
      this.#virtualTime = 0;
      this.#sweepAt = MANY_FLOWS;
    } else if (isIdle(flow) && flow.start <= this.#virtualTime) this.#flows.delete(flow.name);
  }

  #sweep(): void {
    for (const flow of this.#flows.values()) if (isIdle(flow)) this.#flows.delete(flow.name);
    this.#sweepAt = Math.max(MANY_FLOWS, 2 * this.#flows.size);
  }
}

function isIdle({ waiting, inService }: Flow<unknown>): boolean {
  return waiting.length === 0 && inService === 0;
}
