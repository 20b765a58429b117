/**
 * Letters that look the same made the same, for comparing names. Covered: Cyrillic and Greek letters
 * that are drawn like a Latin one in upper or lower case, and the Latin letters alpha, g and iota of
 * phonetic script. The upper case decides where the cases differ (Greek nu is N, not v; eta is H).
 * Not covered: look-alikes within a script (l and I, O and 0, rn and m) and in other scripts; a name
 * may not mix Latin, Cyrillic and Greek anyway (names.ts). Unicode's list (UTS #39) has thousands.
 */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аαɑ",
    b: "вβ",
    c: "сϲ",
    d: "ԁ",
    e: "еε",
    g: "ɡ",
    h: "нһη",
    i: "іιɩ",
    j: "јϳ",
    k: "кκ",
    l: "ӏ",
    m: "мμ",
    n: "ν",
    o: "оο",
    p: "рρ",
    q: "ԛ",
    s: "ѕ",
    t: "тτ",
    w: "ԝ",
    x: "хχ",
    y: "уυү",
    z: "ζ",
    ï: "ї",
    ë: "ё",
  }).flatMap(([latin, others]) => [...others].map((other) => [other, latin])),
);
const ANY_LOOKALIKE = new RegExp(`[${[...LOOKALIKES.keys()].join("")}]`, "gu");

/**
 * The form under which names are compared: NFKC, case folded (through upper case, so that ß is ss;
 * from lower case, so that ẞ is too), look-alikes folded. Folding twice changes nothing.
 */
export function canonicalForm(text: string): string {
  return text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC")
    .replaceAll(ANY_LOOKALIKE, (letter) => LOOKALIKES.get(letter) ?? letter);
}
