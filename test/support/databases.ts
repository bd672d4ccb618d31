/** Real databases on loopback, each with a folder of its own. They are installed by set-up.ts. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A database server of one test file. */
export interface Database extends AsyncDisposable {
  readonly url: string;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () =>
        resolve(false),
      );
      void socket.once("connect", () => socket.destroy());
    });
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGINT");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

export async function startRedis(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "codecell-redis-"));
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const child = spawn("redis-server", args, { stdio: "ignore" });
  await answers(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => end(child, folder),
  };
}

/** Debian keeps the programs out of the path, by version. */
function postgresProgram(name: string): string {
  const root = "/usr/lib/postgresql";
  const version = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))[0]!;
  return join(root, version, "bin", name);
}

/** PostgreSQL refuses to run as root. */
function postgresUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export async function startPostgres(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "codecell-postgres-"));
  const user = postgresUser();
  chmodSync(folder, 0o700);
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "codecell", "--auth", "trust", "--no-sync"];
  execFileSync(postgresProgram("initdb"), init, { ...user, cwd: "/", stdio: "ignore" });
  const port = await freePort();
  const args = ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", folder, "-F"];
  const child = spawn(postgresProgram("postgres"), args, { ...user, cwd: "/", stdio: "ignore" });
  await answers(port);
  return {
    url: `postgres://codecell@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: () => end(child, folder),
  };
}
