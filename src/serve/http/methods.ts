/** The methods of a path, for 405 and `Allow` (RFC 9110, section 15.5.6). */
interface Route {
  readonly method: string;
  readonly path: string;
}

const EVERY_METHOD = "ALL";

/** Methods that the routes have for `path`; an empty list where there is no such path. */
export function methodsOf(routes: readonly Route[], path: string): string[] {
  const methods = new Set(
    routes
      .filter((route) => route.method !== EVERY_METHOD && patternOf(route.path).test(path))
      .map(({ method }) => method),
  );
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].toSorted();
}

/** Hono's syntax, as far as the routes here use it: `:name`, and `:name{.*}` for a rest. */
function patternOf(path: string): RegExp {
  const parts = path.split("/").map((part) => {
    if (!part.startsWith(":")) return part.replaceAll(/[^\w-]/g, "\\$&"); // Node 22 has no RegExp.escape
    return part.endsWith("{.*}") ? ".*" : "[^/]+";
  });
  return new RegExp(`^${parts.join("/")}$`);
}
