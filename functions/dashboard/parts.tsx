/** Small parts that everything on the page is made of. Each carries its meaning in words, never in colour alone. */
import type { ComponentChildren } from 'preact';
import type { ReasonShown } from '../../shared/api/parts.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'quiet';

const SYMBOLS: Readonly<Record<Tone, string>> = {
  ok: '✓',
  warn: '!',
  bad: '✗',
  info: '◆',
  quiet: '·',
};

export const Badge = ({ tone, children }: { tone: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>
    <span aria-hidden="true">{SYMBOLS[tone]}</span> {children}
  </span>
);

/** A sentence as the core made it; what stands in backticks is a command to copy. */
export function Sentence({ text }: { text: string }) {
  const pieces = text.split('`');
  return (
    <>
      {pieces.map((piece, position) =>
        position % 2 === 1 && pieces.length % 2 === 1 ? <code key={position}>{piece}</code> : piece,
      )}
    </>
  );
}

export const Reasons = ({ reasons, tone }: { reasons: readonly ReasonShown[]; tone: Tone }) => (
  <>
    {reasons
      .filter(({ sentence }) => sentence !== '')
      .map(({ code, sentence }, position) => (
        <p key={`${code}${position}`} class={`reason ${tone}`}>
          <Sentence text={sentence} />
        </p>
      ))}
  </>
);

export const Hidden = ({ children }: { children: ComponentChildren }) => (
  <span class="hidden">{children}</span>
);

type ButtonProps = {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  readonly kind?: 'main' | 'plain' | 'quiet' | 'danger';
  readonly label?: string;
  readonly disabled?: boolean;
};

export const Button = ({ onClick, children, kind = 'plain', label, disabled }: ButtonProps) => (
  <button
    type="button"
    class={`button ${kind}`}
    onClick={onClick}
    disabled={disabled === true}
    {...(label === undefined ? {} : { 'aria-label': label })}
  >
    {children}
  </button>
);

type SectionProps = {
  readonly id: string;
  readonly title: string;
  readonly about?: ComponentChildren;
  readonly children: ComponentChildren;
};

export const Section = ({ id, title, about, children }: SectionProps) => (
  <section class="section" aria-labelledby={id}>
    <div class="section-head">
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {about === undefined ? null : <p class="about">{about}</p>}
    </div>
    {children}
  </section>
);

type ScrollProps = { readonly label: string; readonly children: ComponentChildren };

/** What is too wide for a phone scrolls in its own box, and can be reached by keys. */
export const Scroll = ({ label, children }: ScrollProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: without it no key could scroll this.
  <section class="scroll" tabIndex={0} aria-label={`${label}, scrollable`}>
    {children}
  </section>
);
