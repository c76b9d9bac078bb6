/**
 * Codes of what can be said about a rules file. LOAD_ codes and their short texts are Falco's (rules-files 11); TIERCEL_
 * codes are hints of our own. The long texts are what JSON gives as `codedesc` of warnings and hints.
 */
export const errorCodes = {
  LOAD_ERR_FILE_READ: "File read error",
  LOAD_ERR_YAML_PARSE: "YAML parse error",
  LOAD_ERR_YAML_VALIDATE: "Error validating internal structure of YAML file",
  LOAD_ERR_COMPILE_CONDITION: "Error compiling condition",
  LOAD_ERR_COMPILE_OUTPUT: "Error compiling output",
  LOAD_ERR_VALIDATE: "Error validating rule/macro/list/exception objects",
} as const;

export type ErrorCode = keyof typeof errorCodes;

interface Explained {
  readonly short: string;
  readonly long: string;
}

export const warningCodes = {
  LOAD_UNKNOWN_SOURCE: {
    short: "Unknown event source",
    long: "The rule is for a source of events that is not loaded. It is skipped: its condition is not even read, and it cannot raise anything.",
  },
  LOAD_UNSAFE_NA_CHECK: {
    short: "Unsafe <NA> comparison in condition",
    long: "The condition compares a field with <NA>. A missing value is never equal to that text; ask with `exists` instead.",
  },
  LOAD_NO_EVTTYPE: {
    short: "Condition has no event-type restriction",
    long: "The condition does not say which types of events it is about, so it is tried on nearly all of them, which costs much.",
  },
  LOAD_UNKNOWN_FILTER: {
    short: "Unknown field or event-type in condition or output",
    long: "The rule uses a field or an event type that this engine does not know, and asks to be skipped then.",
  },
  LOAD_UNUSED_MACRO: {
    short: "Unused macro",
    long: "No rule and no other macro uses this macro, among the files loaded so far.",
  },
  LOAD_UNUSED_LIST: {
    short: "Unused list",
    long: "No rule, no macro and no other list uses this list, among the files loaded so far.",
  },
  LOAD_UNKNOWN_ITEM: {
    short: "Unknown rules file item",
    long: "The item is none of the kinds a rules file may hold. It is ignored.",
  },
  LOAD_DEPRECATED_ITEM: {
    short: "Used deprecated item",
    long: "The item uses something that is kept for old files only and may go away.",
  },
  LOAD_APPEND_NO_VALUES: {
    short: "Overriding/appending with no values",
    long: "An exception is appended to without any value, so nothing changes.",
  },
  LOAD_EXCEPTION_NAME_NOT_UNIQUE: {
    short: "Multiple exceptions defined with the same name",
    long: "Two exceptions of one rule have the same name. Both count, but appending by name finds only the first.",
  },
  LOAD_INVALID_MACRO_NAME: {
    short: "Invalid macro name",
    long: "No condition can spell this name, so the macro can never be used.",
  },
  LOAD_INVALID_LIST_NAME: {
    short: "Invalid list name",
    long: "The name has characters that end a word in a condition, so the list can hardly be used.",
  },
  LOAD_COMPILE_CONDITION: {
    short: "Warning in rule condition",
    long: "The condition is valid, but probably does not mean what it says.",
  },
  LOAD_UNKNOWN_KEY: {
    short: "Unknown key in item definition",
    long: "The item has a key that its kind does not know. The key has no effect.",
  },
} as const satisfies Readonly<Record<string, Explained>>;

export type WarningCode = keyof typeof warningCodes;

export const hintCodes = {
  TIERCEL_YAML_COMMENT: {
    short: "Comment without a blank before it",
    long: "Falco's YAML parser reads this; others refuse it.",
  },
  TIERCEL_YAML_INDENT: {
    short: "List further left than its key",
    long: "Falco's YAML parser reads this; others refuse it.",
  },
  TIERCEL_YAML_DUPLICATE_KEY: {
    short: "Key given twice",
    long: "The first of the two counts; other YAML parsers refuse the file or take the second.",
  },
  TIERCEL_YAML_MERGE_KEY: {
    short: "Merge key",
    long: "Falco's YAML parser does not follow merge keys.",
  },
  TIERCEL_YAML_BOM: {
    short: "Byte order mark",
    long: "The file starts with a byte order mark, which other tools take for text.",
  },
  TIERCEL_RULES_ELSEWHERE: {
    short: "Rules inside another kind of file",
    long: "The file is no rules file, but holds rules. `tiercel convert` takes them out.",
  },
  TIERCEL_TEMPLATE: {
    short: "Template mark",
    long: "The file is a template, not yet the text that is meant to be loaded. Render it first.",
  },
  TIERCEL_IGNORED_KEY: {
    short: "Key without effect",
    long: "The key is known, but an item of this form does not look at it.",
  },
  TIERCEL_NEVER_TRUE: {
    short: "Condition can never be true",
    long: "A part of the condition cannot hold for the events the rule is about.",
  },
  TIERCEL_NEVER_PRESENT: {
    short: "Field is never there",
    long: "The field has no value in the events the rule is about, so the output shows <NA>.",
  },
  TIERCEL_PATTERN: {
    short: "Pattern does not mean this",
    long: "The pattern matches other things than it seems to.",
  },
  TIERCEL_EXCEPTION_SWALLOWS_ALL: {
    short: "Exception excepts everything",
    long: "The exception holds for every event, so the rule can never raise an alert.",
  },
  TIERCEL_NO_SUCH_LIST: {
    short: "No list of this name",
    long: "The value looks like the name of a list, but there is no such list, so the text itself is compared.",
  },
  TIERCEL_SELECTOR: {
    short: "Selector leaves the rule nothing",
    long: "The rule is in a FalcoRule whose selector no event of its source can meet.",
  },
  TIERCEL_SISTER_CALL: {
    short: "Sister call missed",
    long: "Programs reach the same effect by other system calls, which the rule does not look at.",
  },
  TIERCEL_SHADOWED: {
    short: "Hidden by an earlier rule",
    long: "Under `rule_matching: first` only the first rule that matches an event raises an alert.",
  },
  TIERCEL_NOT_CAPTURED: {
    short: "Call not captured yet",
    long: "The name is valid, but this agent does not capture the call, so the rule cannot match on it.",
  },
  TIERCEL_NEVER_SET: {
    short: "Field is never set",
    long: "The field is accepted for old files' sake, but never has a value here.",
  },
  TIERCEL_MODIFIER_FIRST_ONLY: {
    short: "Modifier without effect",
    long: "Fields that stand for several values at once do not know oneof, anyof and allof.",
  },
} as const satisfies Readonly<Record<string, Explained>>;

export type HintCode = keyof typeof hintCodes;
export type Code = ErrorCode | WarningCode | HintCode;

const explained: Readonly<Record<string, Explained>> = { ...warningCodes, ...hintCodes };

/** The few words that stand behind a code in text. */
export function shortText(code: Code): string {
  return code in errorCodes ? errorCodes[code as ErrorCode] : explained[code]!.short;
}

/** `codedesc` of JSON: the short text of an error, the long one of a warning or hint (Falco's own quirk). */
export function codeDescription(code: Code): string {
  return code in errorCodes ? errorCodes[code as ErrorCode] : explained[code]!.long;
}
