const ids = Array.from({ length: 50 }, (_, i) => String(i + 1).padStart(3, "0"));
await Promise.all(
  ids.map((id) =>
    tools.filesystem.writeFile({
      path: `out/ticket-${id}.md`,
      content: `# Ticket ${id}\n\nState: open\nPriority: ${Number(id) % 5 === 0 ? "high" : "normal"}\n`,
    }),
  ),
);
return "50 tickets written";
