return (await tools.filesystem.readTextFile({ path: "notes.md" })).content;
