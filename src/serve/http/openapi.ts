/** The routes as an OpenAPI 3.1 document. A test compares it with the routes. */
import { z } from "zod";
import { RESULT_SCHEMA } from "../../agent/result-schema.ts";
import { ERROR_CODES } from "../../index.ts";
import { FORK_REQUEST, RUN_REQUEST } from "./run-request.ts";

type Json = Readonly<Record<string, unknown>>;

const schema = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string): Json => ({ "application/json": { schema: schema(name) } });
const answer = (description: string, name: string): Json => ({ description, content: json(name) });
const failures = Object.fromEntries(
  [
    [400, "The request is wrong"],
    [401, "Credentials are missing or not valid"],
    [403, "These credentials are not enough"],
    [404, "There is no such thing"],
    [413, "The body is too large"],
    [415, "The body is not application/json"],
    [429, "Too much at once, or too often"],
    [500, "The service failed; its log says why"],
    [503, "The service is ending, or its engine does not work"],
  ].map(([status, description]) => [status, answer(description as string, "Error")]),
);

function parameter(name: string, place: "path" | "query", description: string): Json {
  return { name, in: place, required: place === "path", description, schema: { type: "string" } };
}

const ID = parameter("id", "path", "The session's id");
const USER = parameter("user", "query", "Whose session it is, where credentials do not say it");

function operation(summary: string, success: Json, more: Json = {}): Json {
  return { summary, ...more, responses: { ...success, ...failures } };
}

const PATHS: Json = {
  "/run": {
    post: operation(
      "Run a program. Its own failure is a result too, with status 200",
      {
        200: {
          description:
            "What the program came to; with Accept: text/event-stream, events log, call and result",
          content: {
            ...json("ExecutionResult"),
            "text/event-stream": { schema: { type: "string" } },
          },
        },
      },
      { requestBody: { required: true, content: json("RunRequest") } },
    ),
  },
  "/tools": {
    get: operation(
      "The categories of tools; with search, the tools that match",
      { 200: answer("Categories or tools", "Any") },
      { parameters: [parameter("search", "query", "Words, in any language")] },
    ),
  },
  "/tools/{category}": {
    get: operation(
      "The tools of a category",
      { 200: answer("Tools", "Any") },
      { parameters: [parameter("category", "path", "A server or namespace")] },
    ),
  },
  "/tools/{category}/{tool}": {
    get: operation(
      "One tool in full",
      { 200: answer("The tool", "Any") },
      {
        parameters: [
          parameter("category", "path", "A server or namespace"),
          parameter("tool", "path", "A tool"),
        ],
      },
    ),
  },
  "/sessions/{id}": {
    get: operation(
      "A session",
      { 200: answer("The session", "Session") },
      { parameters: [ID, USER] },
    ),
    delete: operation(
      "End a session; what it holds is gone",
      { 204: { description: "It has ended" } },
      { parameters: [ID, USER] },
    ),
  },
  "/sessions/{id}/reset": {
    post: operation(
      "Forget variables and files",
      { 200: answer("The session", "Session") },
      { parameters: [ID, USER] },
    ),
  },
  "/sessions/{id}/fork": {
    post: operation(
      "Another session that begins where this one is",
      { 201: answer("The new session", "Session") },
      {
        parameters: [ID, USER],
        requestBody: { required: true, content: json("ForkRequest") },
      },
    ),
  },
  "/sessions/{id}/files/{path}": {
    get: operation(
      "A file of a session, or the names in a folder",
      {
        200: {
          description: "The file as it is, or a folder's names",
          content: { "*/*": { schema: {} }, ...json("Any") },
        },
      },
      { parameters: [ID, parameter("path", "path", "The file's path"), USER] },
    ),
  },
  "/healthz": {
    get: { summary: "Whether the service is alive", responses: { 200: answer("It is", "Any") } },
  },
  "/openapi.json": {
    get: { summary: "This document", responses: { 200: answer("It", "Any") } },
  },
};

/** @param more routes that a service has besides */
export function openApiDocument(more: Json = {}): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "codecell",
      version: "1",
      description: "Runs model-written programs next to their tools",
    },
    paths: { ...PATHS, ...more },
    components: {
      schemas: {
        RunRequest: z.toJSONSchema(RUN_REQUEST),
        ForkRequest: z.toJSONSchema(FORK_REQUEST),
        ExecutionResult: RESULT_SCHEMA,
        Session: {
          type: "object",
          properties: {
            id: { type: "string" },
            user: { type: "string" },
            programs: { type: "integer" },
            declared: { type: "array", items: { type: "string" } },
            files: { type: "array", items: { type: "string" } },
            bytes: { type: "integer" },
          },
          required: ["id", "programs", "declared", "files", "bytes"],
        },
        Error: {
          type: "object",
          properties: {
            error: {
              type: "object",
              properties: {
                code: { enum: [...ERROR_CODES] },
                message: { type: "string" },
                hint: { type: "string" },
              },
              required: ["code", "message"],
            },
          },
          required: ["error"],
        },
        Any: {},
      },
    },
  };
}
