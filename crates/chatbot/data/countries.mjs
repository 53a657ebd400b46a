// Writes countries.tsv from the Unicode CLDR packages `cldr-core` and `cldr-localenames-full`:
//
//   npm pack cldr-core cldr-localenames-full    (and unpack both)
//   node countries.mjs CLDR_CORE_FOLDER CLDR_LOCALENAMES_FULL_FOLDER > countries.tsv
//
// One line for each country that has a calling code or could have one: ISO 3166 alpha-2, alpha-3, and
// all names, separated by `|`: the English ones first (with CLDR's short and variant forms), then those
// in the country's own languages, then those in the languages that the bot recognises.
import { existsSync, readFileSync } from "node:fs";

const [core, names] = process.argv.slice(2);
const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const version = json(`${core}/package.json`).version;
const mappings = json(`${core}/supplemental/codeMappings.json`).supplemental.codeMappings;
const info = json(`${core}/supplemental/territoryInfo.json`).supplemental.territoryInfo;

const RECOGNISED = ["de", "es", "fr", "hi", "ne"];
const OFFICIAL = new Set(["official", "de_facto_official"]);

const loaded = new Map();
function territories(locale) {
  if (!loaded.has(locale)) {
    const path = `${names}/main/${locale}/territories.json`;
    loaded.set(locale, existsSync(path) ? json(path).main[locale].localeDisplayNames.territories : {});
  }
  return loaded.get(locale);
}

/** All forms of a name in a language: plain, `-alt-short`, `-alt-variant`. */
function forms(locale, code) {
  const table = territories(locale);
  return Object.keys(table)
    .filter((key) => key === code || key.startsWith(`${code}-alt-`))
    .map((key) => table[key]);
}

/** The country's official languages, as CLDR's locales are named. */
function languages(code) {
  const spoken = info[code]?.languagePopulation ?? {};
  return Object.keys(spoken)
    .filter((language) => OFFICIAL.has(spoken[language]._officialStatus))
    .map((language) => language.replace("_", "-"));
}

console.log(`# Unicode CLDR ${version}, Unicode-3.0; written by countries.mjs`);
for (const code of Object.keys(territories("en")).filter((code) => /^[A-Z]{2}$/.test(code)).sort()) {
  const alpha3 = mappings[code]?._alpha3;
  if (!alpha3 || !info[code]) continue;
  const all = ["en", ...languages(code), ...RECOGNISED].flatMap((locale) => forms(locale, code));
  console.log([code, alpha3, [...new Set(all)].filter((name) => name !== code).join("|")].join("\t"));
}
