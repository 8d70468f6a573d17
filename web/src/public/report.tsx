import { useEffect, useRef, useState } from "preact/hooks";
import arrow from "tabler:arrow-left";
import { forms, report as m, site } from "kt:messages";
import { Failure, post } from "../api";
import type { Ontvangst, Vondsten } from "../api-types";
import { day, euro, fill, to } from "../i18n/text";
import { Button } from "../ui/button";
import { ErrorSummary, errorTitle, type FormError } from "../ui/errors";
import { Icon } from "../ui/icon";
import { OfflineBar } from "../ui/offline";
import { DataList, Note } from "../ui/parts";
import { Progress } from "../ui/progress";
import { amountOf, dateOf, emptyDraft, errorsOf, itemsOf, saveDraft, saveSent, shown, STEPS, toReport, unique,
  type Draft, type Sent, type Step } from "./draft";
import { AmountQuestion, ContactQuestion, DateQuestion, FormQuestion, IdsQuestion, kindName, StoryQuestion } from "./questions";
import { SentPage } from "./sent";

const words: Record<string, string> = forms;
const QUESTIONS = STEPS.length - 1;

/* The question in the address: #verhaal. Never an answer. */
export function stepOf(hash: string): Step | null {
  const name = hash.replace("#", "") as Step;
  return STEPS.includes(name) ? name : null;
}

function Overview({ draft, go }: { draft: Draft; go: (step: Step) => void }) {
  const date = dateOf(draft, new Date());
  const c = draft.contact;
  const row = (step: Step, key: string, value: string) => ({
    key, value: value || m.unknown,
    action: (
      <button type="button" class="kt-textbutton" onClick={() => go(step)}>{m.change}<span class="kt-hidden">: {key}</span></button>
    ),
  });
  return (
    <div class="kt-form">
      <div>
        <h1 class="kt-question" tabIndex={-1}>{m.overview.title}</h1>
        <p class="kt-lead">{m.overview.hint}</p>
      </div>
      <DataList rows={[
        row("form", m.overview.form, words[draft.form] ?? draft.form),
        row("story", m.overview.story, draft.story.trim()),
        row("ids", m.overview.ids, itemsOf(draft).map((i) => `${kindName(i.soort)}: ${shown(i)}`).join("\n")),
        row("amount", m.overview.amount, draft.amount.trim() && euro(amountOf(draft.amount) ?? "0")),
        row("date", m.overview.date, date ? day(date) : ""),
        row("contact", m.overview.contact, c.kind === "email" ? c.email : c.kind === "phone" ? c.phone : m.overview.noContact),
      ]} />
      <p>{m.overview.privacy} <a class="utrecht-link" href={to("privacy")} target="_blank" rel="noopener">{m.overview.privacyLink}</a></p>
    </div>
  );
}

function problemText(e: unknown): string {
  if (!(e instanceof Failure)) return m.problem.network;
  if (e.kind !== "refused") return e.kind === "timeout" ? m.problem.unsure : m.problem.network;
  return e.status >= 500 || e.status === 429 ? m.problem.busy : m.problem.refused;
}

function documentTitle(step: Step, errors: number): string {
  const title = step === "overview" ? m.overview.title : m[step].title;
  const nr = STEPS.indexOf(step) + 1;
  const place = step === "overview" ? m.check : fill(m.progress, { nr, total: QUESTIONS, topic: m[step].topic });
  return `${errorTitle(errors, title)} - ${place} - ${site.name}`;
}

/* The flow: which question is shown, what was answered, and sending it once. */
export function Report({ initial, initialStep = "form", initialSent = null }: {
  initial?: Draft; initialStep?: Step; initialSent?: Sent | null;
}) {
  const [draft, setDraft] = useState<Draft>(initial ?? emptyDraft());
  const [step, setStep] = useState<Step>(initialStep);
  const [errors, setErrors] = useState<FormError[]>([]);
  const [round, setRound] = useState(0);
  const [problem, setProblem] = useState("");
  const [sending, setSending] = useState(false);
  const [searching, setSearching] = useState(false);
  const [sent, setSent] = useState<Sent | null>(initialSent);
  const latest = useRef(draft);
  const inFlight = useRef(false);
  const moved = useRef(false);

  function change(part: Partial<Draft>) {
    latest.current = { ...latest.current, ...part };
    setDraft(latest.current);
    saveDraft(latest.current);
  }

  function show(next: Step) {
    moved.current = true;
    setErrors([]);
    setProblem("");
    setStep(next);
  }

  function go(next: Step) {
    history.pushState(null, "", `#${next}`);
    show(next);
  }

  useEffect(() => {
    const back = () => {
      const wanted = stepOf(location.hash) ?? (location.hash ? null : "form");
      if (wanted) show(wanted);
    };
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);

  useEffect(() => {
    document.title = sent ? `${m.sent.title} - ${site.name}` : documentTitle(step, errors.length);
  }, [step, errors, sent]);

  useEffect(() => {
    if (!moved.current) return;
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [step, sent]);

  /* Looks for numbers and links in the story. Failing is no trouble: they can be typed. */
  async function search() {
    const story = latest.current.story;
    if (story === latest.current.found.story) return;
    if (!story.trim()) return change({ found: { story, items: [], chosen: [] } });
    setSearching(true);
    try {
      const items = unique((await post<Vondsten>("/kenmerken/_herken", { tekst: story }, { safe: true })).kenmerken);
      change({ found: { story, items, chosen: latest.current.found.chosen } });
    } catch {
      change({ found: { story: "", items: [], chosen: [] } });
    } finally {
      setSearching(false);
    }
  }

  async function send() {
    if (inFlight.current) return;
    inFlight.current = true;
    setSending(true);
    setProblem("");
    try {
      const answer = await post<Ontvangst>("/meldingen", toReport(latest.current, new Date()), { timeoutMs: 30_000 });
      const done = { answer, form: latest.current.form };
      saveSent(done);
      saveDraft(null);
      moved.current = true;
      history.replaceState(null, "", location.pathname);
      setSent(done);
    } catch (e) {
      setProblem(problemText(e));
      document.title = `${m.problem.title} - ${site.name}`;
    } finally {
      inFlight.current = false;
      setSending(false);
    }
  }

  function submit(e: Event) {
    e.preventDefault();
    const now = new Date();
    /* The last page checks all: somebody may have come here by an address. */
    const wrong = step === "overview" ? STEPS.find((s) => errorsOf(s, latest.current, now).length) : undefined;
    if (wrong) go(wrong);
    const found = errorsOf(wrong ?? step, latest.current, now);
    setErrors(found);
    if (found.length) return setRound(round + 1);
    if (step === "overview") return void send();
    if (step === "story") void search();
    go(STEPS[STEPS.indexOf(step) + 1]!);
  }

  function stop() {
    saveDraft(null);
    location.replace(to(""));
  }

  function leave(path: string) {
    saveSent(null);
    location.replace(to(path));
  }

  if (sent) return <SentPage sent={sent} onClear={() => leave("")} onAnother={() => leave("melden")} />;

  const nr = STEPS.indexOf(step) + 1;
  const q = { draft, change, errors };
  return (
    <div class="kt-measure">
      <OfflineBar />
      {nr > 1 && (
        <a class="kt-back utrecht-link" href={`#${STEPS[nr - 2]}`} onClick={(e) => { e.preventDefault(); go(STEPS[nr - 2]!); }}>
          <Icon of={arrow} size={20} />{m.back}
        </a>
      )}
      <Progress text={step === "overview" ? m.check : fill(m.progress, { nr, total: QUESTIONS, topic: m[step].topic })}
        value={nr} max={STEPS.length} />
      <form class="kt-form kt-form--page" noValidate onSubmit={submit}>
        <ErrorSummary errors={errors} round={round} />
        {step === "form" && <FormQuestion {...q} />}
        {step === "story" && <StoryQuestion {...q} />}
        {step === "ids" && <IdsQuestion {...q} searching={searching} />}
        {step === "amount" && <AmountQuestion {...q} />}
        {step === "date" && <DateQuestion {...q} />}
        {step === "contact" && <ContactQuestion {...q} />}
        {step === "overview" && <Overview draft={draft} go={go} />}
        <div role="alert">
          {problem && <Note kind="error"><p><strong>{m.problem.title}</strong></p><p>{problem}</p></Note>}
        </div>
        <div class="kt-actions">
          <Button type="submit" busy={sending}>{step === "overview" ? m.overview.send : m.next}</Button>
          {nr > 1 && <Button kind="subtle" onClick={stop}>{m.stop}</Button>}
        </div>
        <p class="kt-small kt-quiet">{m.kept}</p>
      </form>
    </div>
  );
}
