/** Something to read that a server offers. Other properties are kept as the server sent them. */
export interface ResourceInfo {
  readonly server: string;
  readonly uri: string;
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly size?: number;
}

/** A family of resources: its `uriTemplate` is of RFC 6570. */
export interface TemplateInfo {
  readonly server: string;
  readonly uriTemplate: string;
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

/** A text that a server offers to be filled in. */
export interface PromptInfo {
  readonly server: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly required?: boolean;
  }[];
}

/** The lists of what a server offers besides tools. All of it is claims of that server. Methods throw ToolError. */
export interface ResourceLists {
  listResources(): Promise<readonly ResourceInfo[]>;
  listTemplates(): Promise<readonly TemplateInfo[]>;
  listPrompts(): Promise<readonly PromptInfo[]>;
}
