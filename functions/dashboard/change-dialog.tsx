/**
 * The way to every change: a form, then the plan of a dry run with its arithmetic, then the same request
 * with `If-Match` on that very plan. If somebody else changed it meanwhile, nothing is sent over it: the
 * dialog says so and shows the plan of now.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChangeAnswer } from '../../shared/api/overrides.ts';
import type { Problem } from '../../shared/api/problem.ts';
import type { ServiceShown } from '../../shared/api/status.ts';
import { carryOut, type Failure, planOf } from './api.ts';
import type { Wish } from './change-context.ts';
import { ChangeFields } from './change-fields.tsx';
import { changeOf, type Form, firstForm, wordsOf } from './change-form.ts';
import { ChangePlan } from './change-plan.tsx';
import { Button, Sentence } from './parts.tsx';
import { refresh } from './resource.ts';
import { personOf } from './words.ts';

type Planned = { readonly answer: ChangeAnswer; readonly checksum: string; readonly key: string };
type Step =
  | { readonly at: 'form' }
  | { readonly at: 'plan'; readonly answer: ChangeAnswer; readonly meanwhile: Problem | null }
  | { readonly at: 'done'; readonly answer: ChangeAnswer };

type Props = {
  readonly wish: Wish;
  readonly services: readonly ServiceShown[];
  readonly onClose: () => void;
};

const PRECONDITION_FAILED = 412;
const CONFLICT = 409;

export function ChangeDialog({ wish, services, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const key = useRef(crypto.randomUUID());
  const [form, setForm] = useState<Form>(() => firstForm(wish, services));
  const [step, setStep] = useState<Step>({ at: 'form' });
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const words = wordsOf(wish, form);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // A new step is read from its top. The form keeps the focus where it was put.
  useEffect(() => {
    if (step.at !== 'form') heading.current?.focus();
  }, [step]);

  const plan = async (wanted: Form, meanwhile: Problem | null): Promise<void> => {
    setBusy(true);
    setFailure(null);
    // The order's id comes from the key: with one for both, the plan shows the id that it will have.
    key.current = crypto.randomUUID();
    const answer = await planOf(changeOf(wish, wanted), key.current);
    setBusy(false);
    if (!answer.ok) {
      setFailure(answer);
      return;
    }
    setStep({ at: 'plan', answer: answer.body, meanwhile });
  };

  const act = async ({ checksum, key: same }: Planned): Promise<void> => {
    setBusy(true);
    setFailure(null);
    const answer = await carryOut(changeOf(wish, form), checksum, same);
    setBusy(false);
    refresh();
    if (answer.ok) {
      const isMoved = answer.body.results.some(({ outcome }) => outcome === 'plan-changed');
      if (!isMoved) setStep({ at: 'done', answer: answer.body });
      else await plan(form, CHANGED);
    } else if (isOvertaken(answer)) {
      await plan(form, answer.problem);
    } else {
      setFailure(answer);
    }
  };

  const change = (fields: Partial<Form>): void => setForm({ ...form, ...fields });
  const force = (isForced: boolean): void => {
    const wanted = { ...form, force: isForced };
    setForm(wanted);
    void plan(wanted, null);
  };

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      onClose={onClose}
      onCancel={(event) => {
        if (isBusy) event.preventDefault();
      }}
    >
      <h2 id="dialog-title" tabIndex={-1} ref={heading}>
        {words.title}
      </h2>
      {step.at === 'form' ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void plan(form, null);
          }}
        >
          <p class="quiet-text">{words.about}</p>
          <ChangeFields {...{ wish, form, services, change }} />
          <Trouble failure={failure} />
          <div class="dialog-foot">
            <Button onClick={() => dialog.current?.close()}>Cancel</Button>
            <button type="submit" class="button main" disabled={isBusy}>
              {isBusy ? 'Planning…' : 'Show the plan'}
            </button>
          </div>
        </form>
      ) : null}
      {step.at === 'plan' ? (
        <PlanStep
          {...{ step, failure, isBusy, words, form, force }}
          canForce={wish.kind === 'give'}
          onBack={() => {
            setFailure(null);
            setForm({ ...form, force: false });
            setStep({ at: 'form' });
          }}
          onAct={(checksum) => void act({ answer: step.answer, checksum, key: key.current })}
        />
      ) : null}
      {step.at === 'done' ? (
        <>
          <DoneText answer={step.answer} done={words.done} />
          <ChangePlan answer={step.answer} />
          <div class="dialog-foot">
            <Button kind="main" onClick={() => dialog.current?.close()}>
              Close
            </Button>
          </div>
        </>
      ) : null}
    </dialog>
  );
}

const CHANGED: Problem = {
  type: 'about:blank',
  title: 'The plan changed',
  status: PRECONDITION_FAILED,
  detail: 'the zone is no longer what this plan was made from',
  code: 'PLAN_CHANGED',
  help: '',
};

/** What was planned a moment ago can't be refused now unless the zone is another: plan anew and say so. */
const isOvertaken = ({ status }: Failure): boolean =>
  status === PRECONDITION_FAILED || status === CONFLICT;

type PlanProps = {
  readonly step: Extract<Step, { readonly at: 'plan' }>;
  readonly failure: Failure | null;
  readonly isBusy: boolean;
  readonly words: { readonly act: string };
  readonly form: Form;
  readonly canForce: boolean;
  readonly force: (isForced: boolean) => void;
  readonly onBack: () => void;
  readonly onAct: (checksum: string) => void;
};

function PlanStep({ step, failure, isBusy, words, form, canForce, ...on }: PlanProps) {
  const { answer, meanwhile } = step;
  const { checksum, results } = answer;
  const hitFloor = results.some(
    ({ outcome, sentence }) => outcome === 'refused' && /\bfloor\b/.test(sentence),
  );
  const planned = results.filter(({ outcome }) => outcome === 'planned').length;
  return (
    <>
      {meanwhile === null ? null : (
        <div class="notice warn" role="alert">
          <strong>Somebody or something else changed it meanwhile, so nothing was sent.</strong>
          <p>
            <Sentence text={meanwhile.detail} />
          </p>
          <p>This is the plan as it would be now. Look again before you go on.</p>
        </div>
      )}
      <p class="quiet-text">
        {planned === 0
          ? 'There is nothing to carry out.'
          : 'Nothing has been changed yet. This is exactly what would be sent:'}
      </p>
      <ChangePlan answer={answer} />
      {canForce && (hitFloor || form.force) ? (
        <label class="check">
          <input
            type="checkbox"
            checked={form.force}
            disabled={isBusy}
            onChange={(event) => on.force(event.currentTarget.checked)}
          />
          <span>
            Pass the floor all the same. It is recorded beside your name. All weights 0 stays
            impossible.
          </span>
        </label>
      ) : null}
      <Trouble failure={failure} />
      <div class="dialog-foot">
        <Button onClick={on.onBack} disabled={isBusy}>
          Back
        </Button>
        {checksum === null || planned === 0 ? null : (
          <Button kind="main" disabled={isBusy} onClick={() => on.onAct(checksum)}>
            {isBusy ? 'Sending…' : words.act}
          </Button>
        )}
      </div>
    </>
  );
}

function DoneText({ answer, done }: { answer: ChangeAnswer; done: string }) {
  const { results } = answer;
  const good = results.filter(
    ({ outcome }) => outcome === 'committed' || outcome === 'nothing-to-do',
  );
  const isAll = good.length === results.length;
  return (
    <div class={`notice ${isAll ? 'ok' : 'warn'}`} role="status">
      <strong>{isAll ? done : `${good.length} of ${results.length} services done.`}</strong>
      <p>
        Route 53 has it; {answer.region} carried it out
        {answer.actor === '' ? '' : ` for ${personOf(answer.actor)}`}.
      </p>
    </div>
  );
}

/** What is wrong, where, and what to do: as every error of the API says it. */
function Trouble({ failure }: { failure: Failure | null }) {
  if (failure === null) return null;
  const { detail, help, errors } = failure.problem;
  return (
    <div class="notice bad" role="alert">
      <strong>
        <Sentence text={detail} />
      </strong>
      {errors === undefined ? null : (
        <ul>
          {errors.map((error) => (
            <li key={error.at + error.detail}>
              <code>{error.at}</code> {error.detail}
            </li>
          ))}
        </ul>
      )}
      {help === '' ? null : (
        <p>
          <Sentence text={help} />
        </p>
      )}
    </div>
  );
}
