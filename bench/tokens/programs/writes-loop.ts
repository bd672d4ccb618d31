for (let n = 1; n <= 50; n++) {
  const id = String(n).padStart(3, "0");
  await tools.filesystem.writeFile({
    path: `out/ticket-${id}.md`,
    content: `# Ticket ${id}\n\nState: open\nPriority: ${n % 5 === 0 ? "high" : "normal"}\n`,
  });
}
return "50 tickets written";
