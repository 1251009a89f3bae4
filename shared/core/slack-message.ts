/**
 * A notification → what Slack's incoming webhooks take (and those that are compatible). Everything is
 * escaped as Slack asks for, so that neither a link nor a mention (`<!channel>`) can come from outside.
 */
import { linesOf, type Notification, threadLine } from './notification.ts';

/** Slack's limits: a header has 150 characters, the text of a section 3,000. */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;

type Text = { readonly type: 'plain_text' | 'mrkdwn'; readonly text: string };
export type SlackMessage = {
  readonly text: string;
  readonly blocks: readonly (
    | { readonly type: 'header' | 'section'; readonly text: Text }
    | { readonly type: 'context'; readonly elements: readonly Text[] }
  )[];
};

export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Escaped and within its limit; never through the middle of an escape. */
const bounded = (text: string, max: number): string =>
  escapeSlack(text)
    .slice(0, max)
    .replace(/&[a-z]{0,3}$/, '');

const section = (text: string): SlackMessage['blocks'][number] => ({
  type: 'section',
  text: { type: 'mrkdwn', text: bounded(text, SECTION_MAX) },
});

export function slackMessage(notification: Notification): SlackMessage {
  const { subject, commands } = notification;
  const lines = linesOf(notification);
  const code = commands.map((command) => `\`${command.replaceAll('`', "'")}\``);
  return {
    text: bounded([subject, ...lines].join('\n'), SECTION_MAX),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: bounded(subject, HEADER_MAX) } },
      section(lines.join('\n')),
      section(code.join('\n')),
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: bounded(threadLine(notification), SECTION_MAX) }],
      },
    ],
  };
}
