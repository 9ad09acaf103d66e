/** Why a study could not be opened, in words. */
import { asProblem, type Problem, problemFrom } from "../api/problem.ts";
import { ManifestDenied } from "./manifest_request.ts";

export function openingProblem(thrown: unknown): Problem {
	return thrown instanceof ManifestDenied ? problemFrom(thrown.status, thrown.body) : asProblem(thrown);
}
