import { openApiDocument } from "../../src/serve/http/openapi.ts";
import { SERVICE_PATHS } from "../../src/serve/service/paths.ts";
import { table } from "./markdown.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Response {
  readonly description: string;
  readonly content?: Content;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const PAGE = `# HTTP

The routes of \`codecell serve\` and of handlers, from the OpenAPI document that \`GET /openapi.json\` serves. Routes of the service
alone are \`/readyz\`, \`/metrics\`, \`/.well-known/…\` and \`/remote…\`. How to start and secure it is in [Serving](../serving.md).

A program that fails is a result, with status 200. Misuse is 4xx and a service that cannot serve is 5xx, with an [Error](#error):`;

/** docs/reference/http.md: routes and bodies, from the OpenAPI document. */
export function httpPage(): string {
  const { paths, components } = openApiDocument(SERVICE_PATHS) as unknown as OpenApi;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => route(method, path, operation)),
  );
  const failures = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses).filter(isFailure))
    .map(([status, { description }]): [string, string] => [status, description]);
  const schemas = Object.entries(components.schemas)
    .filter(([, { properties }]) => properties !== undefined)
    .map(([name, schema]) => `### ${name}\n\n${fields(schema, "")}`);
  return [
    PAGE,
    table(["status", "meaning"], [...new Map(failures)]),
    "## Routes",
    ...routes,
    "## Bodies",
    ...schemas,
  ].join("\n\n");
}

/** What every route may send, and is listed once. */
function isFailure([, { content = {} }]: readonly [string, Response]): boolean {
  return Object.values(content).some(({ schema }) => schema.$ref?.endsWith("/Error"));
}

function route(method: string, path: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses } = operation;
  const inputs = [
    ...parameters.map(({ name, in: place, description }) => [`\`${name}\``, place, description]),
    ...(requestBody === undefined ? [] : [["body", "JSON", contentOf(requestBody.content)]]),
  ];
  const answers = Object.entries(responses)
    .filter((response) => !isFailure(response))
    .map(([status, { description, content = {} }]) => [status, description, contentOf(content)]);
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${summary}.`,
    ...(inputs.length === 0 ? [] : [table(["input", "in", "what it is"], inputs)]),
    table(["status", "meaning", "body"], answers),
  ].join("\n\n");
}

function contentOf(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => (schema.$ref === undefined ? `\`${type}\`` : typeOf(schema)))
    .join(", ");
}

/** Properties as a list, those of an object in place below it. */
function fields({ properties = {}, required = [] }: Schema, indent: string): string {
  return Object.entries(properties)
    .map(([name, schema]) => {
      const facts = [typeOf(schema), ...(required.includes(name) ? ["required"] : [])];
      const text = schema.description === undefined ? "" : `: ${schema.description}`;
      const inner = schema.properties === undefined ? schema.items : schema;
      const nested = inner?.properties === undefined ? "" : `\n${fields(inner, `${indent}  `)}`;
      return `${indent}- **\`${name}\`** (${facts.join(", ")})${text}${nested}`;
    })
    .join("\n");
}

function typeOf(schema: Schema): string {
  const { $ref, type, items, anyOf } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return name === "Any" ? "JSON" : `[${name}](#${name.toLowerCase()})`;
  }
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (schema.enum !== undefined) return "one of the [error codes](errors.md)";
  if (items !== undefined) return `array of ${typeOf(items)}`;
  if (schema.pattern !== undefined) return `string like \`${schema.pattern}\``;
  return type ?? "any";
}
