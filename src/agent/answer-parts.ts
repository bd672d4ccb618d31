/** An answer as content that model APIs take: text and pictures. */
import type { AgentAnswer, ContentPart } from "./answer.ts";
import { withoutBytes } from "./answer.ts";

/** What every API that takes pictures takes. */
export type ImageType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

export type AnswerPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly mediaType: ImageType; readonly data: string };

const IMAGES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Text and pictures in order. What is neither is there as text that says what it is: bytes say nothing to a model. */
export function answerParts({ content }: AgentAnswer): AnswerPart[] {
  return content.map(toPart);
}

/** All of an answer as one text, for APIs whose results are text: pictures are named in it. */
export function answerText({ text, content }: AgentAnswer): string {
  const more = content.slice(1).filter(({ type }) => type !== "image" && type !== "audio");
  return [text, ...more.map((part) => asText(part))].join("\n\n");
}

/** Whether a model has more to read than the text. */
export function hasImages(answer: AgentAnswer): boolean {
  return answerParts(answer).some(({ type }) => type === "image");
}

/** A picture as a URL. */
export function dataUrl(image: { readonly mediaType: string; readonly data: string }): string {
  return `data:${image.mediaType};base64,${image.data}`;
}

function toPart(part: ContentPart): AnswerPart {
  const { type, text, mimeType, data } = part;
  if (type === "text" && typeof text === "string") return { type, text };
  if (type === "image" && typeof data === "string" && isImageType(mimeType))
    return { type, mediaType: mimeType, data };
  return { type: "text", text: asText(part) };
}

function isImageType(type: unknown): type is ImageType {
  return typeof type === "string" && IMAGES.includes(type);
}

function asText(part: ContentPart): string {
  return JSON.stringify(withoutBytes(part as never));
}
