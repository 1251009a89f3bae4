/** CloudFormation resources as far as this project writes them by program. */
export type Resource = {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: 'Retain';
  readonly UpdateReplacePolicy?: 'Retain';
};

/** By logical id. */
export type Resources = Readonly<Record<string, Resource>>;

export const tagList = (
  tags: Readonly<Record<string, string>>,
): readonly { readonly Key: string; readonly Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
