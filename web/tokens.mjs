// tokens.json to CSS variables. Sets: common and component once, light as the rule, dark where asked for.

/** [["basis-space-md", "16px"], …]: a leaf is an object with $value; {a.b} points at another token. */
function leaves(set, path = []) {
  return Object.entries(set).flatMap(([key, v]) => {
    if (key.startsWith("$")) return [];
    const at = [...path, key];
    const own = "$value" in v ? [[at.join("-"), v.$value.replace(/\{([^}]+)\}/g, (_, r) => `var(--${r.replaceAll(".", "-")})`)]] : [];
    return [...own, ...leaves(v, at)];
  });
}

const lines = (set) => leaves(set).map(([name, value]) => `--${name}:${value};`).join("");

export function tokensCss(t) {
  return [
    `:root{color-scheme:light;${lines(t.common)}${lines(t.light)}${lines(t.component)}}`,
    `@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${lines(t.dark)}}}`,
    `:root[data-theme=dark]{color-scheme:dark;${lines(t.dark)}}`,
  ].join("\n");
}
