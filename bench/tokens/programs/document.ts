const { content } = await tools.filesystem.readTextFile({ path: "transcript.md" });
await tools.filesystem.writeFile({ path: "out/transcript.md", content });
return `${content.length} characters written to out/transcript.md`;
