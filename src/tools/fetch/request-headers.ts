/** Which headers a program may set in its requests. */

/** Of the connection and of how its messages are cut (RFC 9110, 9112, 9113), or set by user agents only (Fetch, RFC 8470, 8586). */
const OF_THE_CONNECTION =
  /^(?:connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect|http2-settings|alt-used|max-forwards|early-data|cdn-loop|via|date|origin|referer|access-control-.*|proxy-.*|sec-.*)$/;

/**
 * Words of headers by which a server, or a proxy before it, takes a request for another one than the one that was judged: with
 * another method, host, path or scheme, or from another sender. `X-HTTP-Method-Override`, `X-Original-URL`, `X-Rewrite-URL`,
 * `X-Forwarded-Host`, `X-Real-IP`, `Remote-User` and `SSL-Client-Verify` are some of them.
 */
const ABOUT_THE_REQUEST =
  /override|forward|rewrite|httpmethod|proxy|(?:^|-)(?:method|verb|orig|original|originating|host|ip|clientip|socketip|addr|scheme|proto|https|remote|ssl|middleware|envoy|accel|sendfile)(?:-|$)/;
/** The same, of two words: `X-Script-Name`, `X-Matched-Path` of web frameworks, and who a proxy says that the sender is. */
const OF_A_PROXY =
  /(?:^|-)(?:script-name|path-info|(?:matched|invoke)-path|client-?(?:cert|verify|dn|principal)|auth-request|authenticated-(?:user|email)|webauth|oidc)(?:-|$)/;
/** The same, of headers without such a word. */
const WHOLE = /^x-(?:url|uri|path|request-ur[il])$/;

/**
 * Whether a header is not a program's to set: the rules of the network judge method, host and port of a request, so no header
 * may say that it is another one. Frameworks take `_` and other signs in a name for `-`, so they are the same here. Parameters
 * of a URL that a server takes for a method (`?_method=`) cannot be told from others: a host that knows them is allowed with care.
 * @param name in lower case
 */
export function isForbiddenHeader(name: string): boolean {
  const canonical = name.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  return (
    OF_THE_CONNECTION.test(canonical) ||
    ABOUT_THE_REQUEST.test(canonical) ||
    OF_A_PROXY.test(canonical) ||
    WHOLE.test(canonical)
  );
}
