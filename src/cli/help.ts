const CONFIG = `  --config FILE       servers and settings; default: .mcp.json, else codecell.json here, else ~/.mcp/servers/*
  --trust             trust the file that is found here, for this start; see codecell help trust
`;
const RUNTIME = `${CONFIG}  --engine NAME       v8 (default) or quickjs
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
  codecell mcp [--http PORT]            be an MCP server: three tools that stand for all
  codecell install HOST                 be a server of Claude, Cursor, VS Code or Codex; uninstall puts all back
  codecell serve [--port N]             be an HTTP service
  codecell login SERVER                 log in to a remote server
  codecell trust FILE                   trust a config file that is found in its folder
  codecell bench latency|tokens|report  measure: times here, tokens of your servers
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
  --type-check        refuse a program that would call a tool wrongly (needs the package typescript, version 7)
  --session NAME      find what earlier programs with the same name here declared, and their files; they are kept in
                      codecell.sessions.store of the config file, else in ~/.codecell/sessions.db

Exit codes: 0 the program succeeded, 1 it failed, 2 usage or config error, 130 interrupted (Ctrl-C).
`,
  tools: `codecell tools [CATEGORY [TOOL]]    what a program can call

Without arguments: the servers. With a server: its tools, one line each. With a tool: everything about it.

${RUNTIME}  --search QUERY      the tools that match the words, best first; with a server, of that server
  --detail LEVEL      name, summary (default), parameters or full
  --limit N           at most so many tools
  --offset N          without the first so many
  --context           what a model has to know at the start, for a system prompt
`,
  mcp: `codecell mcp    be an MCP server: search_tools, get_tool_details and execute_code stand for all tools of the config

On standard input and output, unless --http is given. It answers at once and connects the servers behind; what they listed last
time is found meanwhile, marked (not with codecell.catalogueCache: false). The settings codecell.mcp.names ({ search, details, execute }) and
codecell.mcp.maxResultChars (default 20000) of the config file change names and the longest answer.

${RUNTIME.replace(/ {2}--json.*\n/, "")}  --http PORT         Streamable HTTP at /mcp on 127.0.0.1; 0 is any free port
  --host HOST         another address to listen on; needs CODECELL_TOKEN in the environment
  --stateless         no sessions: any replica can answer any request
  --allow-host NAMES  host names of this service, separated by commas, besides localhost
  --allow-origin URLS origins of web pages that may send requests, separated by commas
  --print-config HOST the same as codecell install HOST --print

With CODECELL_TOKEN set, clients must send it as Authorization: Bearer.
`,
  serve: `codecell serve    be an HTTP service: POST /run, GET /tools, /sessions/:id, /healthz, /readyz, /metrics, /openapi.json

Who may use it, how often, and how much at once is set under codecell.serve of the config file (see docs/serving.md);
without auth it listens on this machine only. A line of JSON on standard error reports each request, without payloads.
SIGTERM and SIGINT end it: runs may go on for codecell.serve.shutdownMs (default 10000) and are aborted then.

${RUNTIME.replace(/ {2}--json.*\n/, "")}  --port N            default 8787; 0 is any free port
  --host HOST         another address to listen on; needs codecell.serve.auth
`,
  login: `codecell login SERVER    log in to a remote server that wants it (OAuth 2.1)

Shows an address to open; the credentials are kept under ~/.codecell/credentials (or $CODECELL_HOME/credentials), readable
by you only. From then on programs can use the server.

${CONFIG}  --json              one JSON object on stdout, nothing else
`,
  trust: `codecell trust FILE    trust a config file that commands find in their folder

A .mcp.json or codecell.json that nobody named with --config may have come with the folder. It starts programs and can send
environment variables away, so it is trusted first, by its path and its content: on a terminal commands ask, elsewhere they
exit with 2. This command shows what the file does and remembers that you trust it as it is; a change has to be trusted again.
What is remembered is in ~/.codecell/trusted.json (or $CODECELL_HOME/trusted.json). The flag --trust of other commands, or
CODECELL_TRUST=1 in the environment, trusts for one start. ~/.mcp/servers is yours and needs no trust.

Trusted or not, a found file may set only engine, placement (auto or sandbox), hardened, typeCheck, learn and catalogueCache (true
or false), tokenizer, limits, startMs and mcp.maxResultChars (up to their defaults) under codecell. More than that needs --config.

  --list              the files that are trusted
  --remove            take it back
  --json              one JSON object on stdout, nothing else
`,
  install: `codecell install HOST    be an MCP server of a host

HOST is claude (Claude Code), claude-desktop, cursor, vscode or codex; with --print also windsurf, cline, zed or gemini-cli.
The command shows what changes in the host's config file, asks, and copies the file beside itself first. Comments, order and
layout stay; a file that does not parse, or cannot be changed safely, is not touched.

  --user              the user's file (default)
  --project           the file of the project in this folder: .mcp.json, .cursor/mcp.json, .vscode/mcp.json, .codex/config.toml
  --move              try the host's servers, and put those that connect behind codecell: the model then reads three tools
                      in place of all. They go to ~/.codecell/hosts/HOST/config.json, as they are, readable by you only
  --timeout TIME      how long each server is tried: 1500, 1500ms, 30s, 2m (default 30s)
  --config FILE       codecell's config file; default: ~/.codecell/hosts/HOST/config.json, which is made where it is missing
  --npx               start codecell by npx, also where it is installed
  --yes               do not ask; needed where there is no terminal
  --print             write nothing: print the entry, and where it belongs
  --link              print a link that adds the entry (cursor and vscode)

Exit codes: 0 done, or nothing to do; 1 a person said no; 2 usage or config error, nothing was written.
`,
  uninstall: `codecell uninstall HOST    put back what codecell install changed

The servers behind codecell return to the host's file, codecell's entry goes. What you have changed or added since stays; of
two servers with one name the host keeps its own, and codecell's config file keeps the other.

  --user, --project   as for install
  --yes               do not ask; needed where there is no terminal

Exit codes: 0 done, or nothing to do; 1 a person said no; 2 usage or config error, nothing was written.
`,
  types: `codecell types --out DIR    the tools' wrappers as TypeScript files

DIR gets globals.d.ts (what programs find without an import), <server>/index.ts and <server>/<tool>.ts. Files that are
as they should be stay untouched; files of tools that are gone are removed, unless a server did not start.

${RUNTIME}
Exit codes: 0 written, 1 a server did not start and its tools are missing, 2 usage or config error.
`,
  bench: `codecell bench latency    measure codecell and bare engines on this machine; takes some minutes

  --only GROUPS       of runs, calls, computing, payloads in, payloads out, starts, sessions, knowledge, memory, growth,
                      capabilities; separated by commas
  --subjects IDS      of v8-inline, v8-process, …, bare-isolate, bare-quickjs, async-function and the peers' names
  --rounds N          rounds that count (default 5)
  --peers DIR         a folder of other products to compare with (bench/peers of the repository)

codecell bench tokens [PROGRAM…]    what the tools of your config cost a model: all definitions, a host's tool search, programs;
                                    it needs a tokenizer: npm install tiktoken @anthropic-ai/tokenizer (one is enough)

${CONFIG}  PROGRAM             files of programs: they are run, and each compared with calling its tools one by one
  --model MODULE      exports complete({ system, tools, messages }) => { content }: does the jobs itself
  --engine, --placement as for run

Both
  --json FILE         write the results
  --svg FILE.svg      write the charts, and FILE.dark.svg
  --compare FILE      what changed against stored results
  --check             exit with 1 when something got worse, or (latency) a goal is missed

codecell bench report [RESULTS.json…]    one HTML page of results; default: latency.json and tokens.json here, else it measures briefly

  --out FILE          default codecell-bench.html
`,
  doctor: `codecell doctor    what works on this machine: engines, placements, versions

  --json              one JSON object on stdout, nothing else
`,
};
