/** What most views need: the shared words, and the sentence of an error. */
export { errorSentence } from "./errors.ts";
export { statusWords, words } from "./texts.ts";
