/** The tools, resources and prompts that the conformance suite asks servers for, behind our own HTTP handler. */
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  ListToolsRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { McpHttpHandler } from "../../src/serve/mcp/index.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAESsAACJWAAACABAAZGF0YQAAAAA=";
const image = { type: "image" as const, data: PNG, mimeType: "image/png" };
const text = (words: string) => ({ type: "text" as const, text: words });
const embedded = (uri: string, mimeType: string, words: string) => ({
  type: "resource" as const,
  resource: { uri, mimeType, text: words },
});

function createServer(): Server {
  const mcp = new McpServer(
    { name: "conformance-fixture", version: "1" },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  contentTools(mcp);
  talkingTools(mcp);
  elicitingTools(mcp);
  resources(mcp);
  prompts(mcp);
  schemaTool(mcp);
  return mcp.server;
}

function contentTools(mcp: McpServer): void {
  const contents = {
    test_simple_text: [text("This is a simple text response for testing.")],
    test_image_content: [image],
    test_audio_content: [{ type: "audio" as const, data: WAV, mimeType: "audio/wav" }],
    test_embedded_resource: [
      embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
    ],
    test_multiple_content_types: [
      text("Multiple content types test:"),
      image,
      embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  };
  for (const [name, content] of Object.entries(contents))
    mcp.registerTool(name, { description: "Answers content" }, async () => ({ content }));
  mcp.registerTool("test_error_handling", { description: "Fails" }, async () => ({
    isError: true,
    content: [text("This tool intentionally returns an error for testing")],
  }));
}

function talkingTools(mcp: McpServer): void {
  mcp.registerTool("test_tool_with_logging", { description: "Logs" }, async (extra) => {
    for (const data of [
      "Tool execution started",
      "Tool processing data",
      "Tool execution completed",
    ]) {
      await extra.sendNotification({
        method: "notifications/message",
        params: { level: "info", data },
      });
      await delay(50);
    }
    return { content: [text("logged")] };
  });
  mcp.registerTool("test_tool_with_progress", { description: "Progresses" }, async (extra) => {
    const { progressToken } = extra._meta ?? {};
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await extra.sendNotification({
          method: "notifications/progress",
          params: { progressToken, progress, total: 100 },
        });
      await delay(50);
    }
    return { content: [text("done")] };
  });
  mcp.registerTool(
    "test_sampling",
    { description: "Samples", inputSchema: { prompt: z.string() } },
    async ({ prompt }, extra) => {
      const { content } = await mcp.server.createMessage(
        { messages: [{ role: "user", content: text(prompt) }], maxTokens: 100 },
        { relatedRequestId: extra.requestId },
      );
      return { content: [text(`LLM response: ${"text" in content ? content.text : ""}`)] };
    },
  );
}

function elicitingTools(mcp: McpServer): void {
  const ask = async (
    message: string,
    properties: object,
    requestId: string | number,
    required?: string[],
  ) => {
    const requestedSchema = {
      type: "object",
      properties,
      ...(required === undefined ? {} : { required }),
    };
    return await mcp.server.elicitInput({ message, requestedSchema } as never, {
      relatedRequestId: requestId,
    });
  };
  const string = { type: "string" };
  mcp.registerTool(
    "test_elicitation",
    { description: "Asks", inputSchema: { message: z.string() } },
    async ({ message }, { requestId }) => {
      const { action, content } = await ask(
        message,
        { username: string, email: string },
        requestId,
        ["username", "email"],
      );
      return {
        content: [text(`User response: action: ${action}, content: ${JSON.stringify(content)}`)],
      };
    },
  );
  const titled = (...values: string[]) =>
    values.map((value) => ({ const: value, title: `Title of ${value}` }));
  const forms = {
    test_elicitation_sep1034_defaults: {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    },
    test_elicitation_sep1330_enums: {
      untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
      titledSingle: { type: "string", oneOf: titled("value1", "value2", "value3") },
      legacyEnum: {
        type: "string",
        enum: ["opt1", "opt2", "opt3"],
        enumNames: ["Option One", "Option Two", "Option Three"],
      },
      untitledMulti: {
        type: "array",
        items: { type: "string", enum: ["option1", "option2", "option3"] },
      },
      titledMulti: { type: "array", items: { anyOf: titled("value1", "value2", "value3") } },
    },
  };
  for (const [name, form] of Object.entries(forms)) {
    mcp.registerTool(name, { description: "Asks" }, async ({ requestId }) => {
      const { action, content } = await ask("Please choose", form, requestId);
      return {
        content: [
          text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`),
        ],
      };
    });
  }
}

function resources(mcp: McpServer): void {
  const words = "This is the content of the static text resource.";
  mcp.registerResource(
    "static-text",
    "test://static-text",
    { mimeType: "text/plain" },
    async ({ href }) => ({
      contents: [{ uri: href, mimeType: "text/plain", text: words }],
    }),
  );
  mcp.registerResource(
    "static-binary",
    "test://static-binary",
    { mimeType: "image/png" },
    async ({ href }) => ({
      contents: [{ uri: href, mimeType: "image/png", blob: PNG }],
    }),
  );
  mcp.registerResource(
    "watched",
    "test://watched-resource",
    { mimeType: "text/plain" },
    async ({ href }) => ({
      contents: [{ uri: href, mimeType: "text/plain", text: "watched" }],
    }),
  );
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  mcp.registerResource(
    "template",
    template,
    { mimeType: "application/json" },
    async ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  mcp.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  mcp.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}

function prompts(mcp: McpServer): void {
  const user = <Content>(content: Content) => ({ role: "user" as const, content });
  mcp.registerPrompt("test_simple_prompt", { description: "Simple" }, async () => ({
    messages: [user(text("This is a simple prompt for testing."))],
  }));
  mcp.registerPrompt(
    "test_prompt_with_arguments",
    { description: "With arguments", argsSchema: { arg1: z.string(), arg2: z.string() } },
    async ({ arg1, arg2 }) => ({
      messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  );
  mcp.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "With a resource", argsSchema: { resourceUri: z.string() } },
    async ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, "text/plain", "Embedded resource content for testing.")),
        user(text("Please process the embedded resource above.")),
      ],
    }),
  );
  mcp.registerPrompt("test_prompt_with_image", { description: "With an image" }, async () => ({
    messages: [user(image), user(text("Please analyze the image above."))],
  }));
}

/** A tool whose schema the SDK's own registration would rewrite. */
function schemaTool(mcp: McpServer): void {
  mcp.registerTool(
    "json_schema_2020_12_tool",
    { description: "Tool with JSON Schema 2020-12 features" },
    async () => ({
      content: [text("ok")],
    }),
  );
  const list = (
    mcp.server as unknown as {
      _requestHandlers: Map<
        string,
        (request: unknown, extra: unknown) => Promise<{ tools: { name: string }[] }>
      >;
    }
  )._requestHandlers.get("tools/list")!;
  mcp.server.setRequestHandler(ListToolsRequestSchema, async (request, extra) => {
    const { tools } = await list(request, extra);
    return {
      tools: tools.map((tool) =>
        tool.name === "json_schema_2020_12_tool" ? { ...tool, inputSchema: SCHEMA } : tool,
      ) as never,
    };
  });
}

const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
  additionalProperties: false,
};

const handler = new McpHttpHandler({ createServer });
serve({ fetch: handler.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(port));
