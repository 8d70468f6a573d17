import { useState } from "preact/hooks";
import { login } from "kt:desk-text";
import type { Sessie } from "../api-types";
import { Button } from "../ui/button";
import { ErrorSummary, errorTitle, type FormError } from "../ui/errors";
import { TextField } from "../ui/field";
import { Note } from "../ui/parts";
import { Main } from "../ui/shell";
import { Failure } from "../api";
import { ask } from "./ask";
import { useTitle } from "./title";

function check(name: string, password: string, code: string): FormError[] {
  const errors: FormError[] = [];
  if (!name.trim()) errors.push({ field: "gebruikersnaam", text: login.nameMissing });
  if (!password) errors.push({ field: "wachtwoord", text: login.passwordMissing });
  if (code && !/^\d{6}$/.test(code)) errors.push({ field: "code", text: login.codeWrong });
  return errors;
}

function why(e: unknown): string {
  const status = e instanceof Failure ? e.status : 0;
  return status === 401 ? login.refused : status === 429 ? login.tooOften : login.failed;
}

/* What was typed stays in this page only; the password goes after every attempt. */
export function Login({ ended, done }: { ended: boolean; done: (session: Sessie) => void }) {
  const [name, setName] = useState(""), [password, setPassword] = useState(""), [code, setCode] = useState("");
  const [errors, setErrors] = useState<FormError[]>([]), [round, setRound] = useState(0), [busy, setBusy] = useState(false);
  useTitle(errorTitle(errors.length, login.title));
  const refuse = (found: FormError[]) => {
    setErrors(found);
    setRound(round + 1);
  };
  const submit = async () => {
    const digits = code.replace(/\s/g, "");
    const found = check(name, password, digits);
    if (found.length) return refuse(found);
    setBusy(true);
    try {
      done(await ask<"sessieBeginnen">("POST", "/sessies",
        { gebruikersnaam: name.trim(), wachtwoord: password, code: digits || null }));
    } catch (e) {
      setPassword("");
      setCode("");
      setBusy(false);
      refuse([{ field: "gebruikersnaam", text: why(e) }]);
    }
  };
  const errorOf = (field: string) => errors.find((e) => e.field === field)?.text;
  return (
    <Main>
      <div class="kt-login kt-form">
        {ended && <div role="status"><Note kind="attention">{login.ended}</Note></div>}
        <ErrorSummary errors={errors} round={round} />
        <h1>{login.title}</h1>
        <p class="kt-lead">{login.lead}</p>
        <form class="kt-form" noValidate onSubmit={(e) => {
          e.preventDefault();
          if (!busy) void submit();
        }}>
          <TextField id="gebruikersnaam" label={login.name} value={name} onInput={setName} autocomplete="username" literal
            error={errorOf("gebruikersnaam")} />
          <TextField id="wachtwoord" label={login.password} type="password" value={password} onInput={setPassword}
            autocomplete="current-password" error={errorOf("wachtwoord")} />
          <TextField id="code" label={login.code} hint={login.codeHint} optional short literal inputMode="numeric" value={code}
            onInput={setCode} autocomplete="one-time-code" error={errorOf("code")} />
          <Button type="submit" busy={busy}>{login.send}</Button>
        </form>
      </div>
    </Main>
  );
}
