/** The method, for readers of the figures. */
export const NOTES: readonly string[] = [
  "Accuracy is not measured: the programs are committed, and nothing here says how often a model would have written them. A model that fails more often in one way pays for it there; plug one in to see.",
  "Every token is of a message that exists: the programs are really run against the servers, and direct calling is made from the calls and results that crossed.",
  "Direct calling gets its best case: calls that overlapped in time share one turn, its results are the texts without structuredContent, output schemas and the servers' instructions are left out, and it never asks twice.",
  "The host's search starts with nothing but its own definition, all searches of a job are made in one turn, and each brings the definitions of the 5 best matches of our own search over the same catalogue, none of them twice.",
  "Code execution gets no free knowledge. Its start context beside the three definitions is that of the product: the lines of all tools where they are few, else the names of the servers. Tools that are not in it are searched for with the same queries through search_tools, and the declarations of all tools that it uses and whose lines leave something out (…) are asked for in one turn.",
  "Billed every turn: the whole context of each request is input, and one more request is made for the answer to the user, whose text is the same in all ways and not counted. Cached once: every message is input one time, the model's own included.",
  "Of a message its texts are counted, and of a tool call the JSON of name and arguments; ids, roles and what an API puts around them are left out everywhere. Pictures are not counted.",
  "Break-even compares input and output, one token like another, though output costs more. Calls: the smallest k at which the other way costs more with only the first k recorded calls than code execution with all. Result bytes: (code - (other - its results)) / (its results' tokens / bytes). Tools: (code - (direct - its catalogue)) / (its catalogue's tokens / tools). 0 means that code execution costs less whatever their number.",
];
