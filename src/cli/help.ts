const RUNTIME = `  --config FILE       servers and settings; default: .mcp.json, else codecell.json here, else ~/.mcp/servers/*
  --engine NAME       v8 (default) or quickjs
  --placement NAME    auto (default), inline, thread, process or sandbox
  --json              one JSON object on stdout, nothing else
`;

/** The help texts by command. */
export const HELP: Readonly<Record<string, string>> = {
  main: `codecell runs a TypeScript program next to its tools, contained, and prints what it returns.

Usage
  codecell run FILE|-                   run a program; - reads it from standard input
  codecell tools [CATEGORY [TOOL]]      what a program can call
  codecell types --out DIR              the tools' wrappers as TypeScript files
  codecell doctor                       what works on this machine
  codecell help [COMMAND]

Example
  echo 'return await tools.github.listIssues({ owner: "me", repo: "mine" })' | codecell run -

Exit codes
  0 the program succeeded   1 it failed   2 usage or config error   130 interrupted
`,
  run: `codecell run FILE|-    run one program

The program is TypeScript or JavaScript, in a Markdown fence or not. Its value is what it returns, its default export,
or its last expression. Logs go to standard error as they come, the value to standard output.

${RUNTIME}  --timeout TIME      wall time: 1500, 1500ms, 30s, 2m (default 30s)
  --memory SIZE       memory of the VM: 64mb, 1gb (default 64mb)

Exit codes: 0 the program succeeded, 1 it failed, 2 usage or config error, 130 interrupted (Ctrl-C).
`,
  tools: `codecell tools [CATEGORY [TOOL]]    what a program can call

Without arguments: the servers. With a server: its tools, one line each. With a tool: everything about it.

${RUNTIME}  --search QUERY      the tools that match the words, best first; with a server, of that server
  --detail LEVEL      name, summary (default), parameters or full
  --limit N           at most so many tools
  --offset N          without the first so many
`,
  types: `codecell types --out DIR    the tools' wrappers as TypeScript files

DIR gets globals.d.ts (what programs find without an import), <server>/index.ts and <server>/<tool>.ts. Files that are
as they should be stay untouched; files of tools that are gone are removed, unless a server did not start.

${RUNTIME}
Exit codes: 0 written, 1 a server did not start and its tools are missing, 2 usage or config error.
`,
  doctor: `codecell doctor    what works on this machine: engines, placements, versions

  --json              one JSON object on stdout, nothing else
`,
};
