const path = "repo";
await tools.git.gitInit({ path, initialBranch: "main" });
await tools.filesystem.writeFile({ path: `${path}/README.md`, content: "# Tickets\n" });
await tools.git.gitAdd({ path, all: true });
await tools.git.gitCommit({ path, message: "docs: begin" });
const { commits } = await tools.git.gitLog({ path, maxCount: 5 });
return commits.map(({ subject, author }) => `${subject} (${author})`);
