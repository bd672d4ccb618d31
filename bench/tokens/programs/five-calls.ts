interface Order { status: "paid" | "refunded"; quantity: number; price: number }

const months = ["01", "02", "03", "04", "05"];
const files = await Promise.all(
  months.map((month) => tools.filesystem.readTextFile({ path: `orders/2025-${month}.json` })),
);
const refunds = files.map(({ content }) =>
  (JSON.parse(content) as Order[])
    .filter((order) => order.status === "refunded")
    .reduce((sum, order) => sum + order.quantity * order.price, 0),
);
const worst = refunds.indexOf(Math.max(...refunds));
return { month: `2025-${months[worst]}`, refunded: refunds[worst].toFixed(2) };
