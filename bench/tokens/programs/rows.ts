const { content } = await tools.filesystem.readTextFile({ path: "rows.csv" });
const [, ...rows] = content.trim().split("\n").map((line: string) => line.split(","));

const regions: Record<string, { rows: number; failed: number; amount: number }> = {};
for (const [, region, amount, status] of rows) {
  const sums = (regions[region] ??= { rows: 0, failed: 0, amount: 0 });
  sums.rows++;
  if (status === "failed") sums.failed++;
  sums.amount += Number(amount);
}
return Object.entries(regions).map(([region, { rows, failed, amount }]) => ({
  region,
  rows,
  failed: `${((100 * failed) / rows).toFixed(1)} %`,
  amount: amount.toFixed(2),
}));
