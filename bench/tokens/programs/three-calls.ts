interface Order { id: string; customer: string; quantity: number; price: number }

const { content } = await tools.filesystem.readTextFile({ path: "orders/2025-03.json" });
const orders: Order[] = JSON.parse(content);
const total = (order: Order) => order.quantity * order.price;
const largest = orders.reduce((best, order) => (total(order) > total(best) ? order : best));

await tools.memory.createEntities({
  entities: [{
    name: largest.customer,
    entityType: "customer",
    observations: [`largest order of March 2025: ${largest.id}, ${total(largest).toFixed(2)}`],
  }],
});
const { entities } = await tools.memory.openNodes({ names: [largest.customer] });
return { order: largest.id, customer: entities[0].name, noted: entities[0].observations };
