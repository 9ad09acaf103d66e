/** Which institutions a request may go to: those with an agreement in force today. */
import type { components } from "../../api/schema.gen.ts";

export type Institution = components["schemas"]["InstitutionOut"];
export type Agreement = components["schemas"]["AgreementOut"];
export type ServiceLine = components["schemas"]["ServiceLine"];

export interface Target {
	readonly institution: Institution;
	/** The last day of the agreement in force for this kind of reading; null when there is none. */
	readonly validTo: string | null;
	/** The last day of an agreement that has ended; null when none ended. */
	readonly endedOn: string | null;
}

const latest = (days: readonly string[]): string | null =>
	days.reduce<string | null>((last, day) => (last === null || day > last ? day : last), null);

/** The institutions one has, or had, an agreement with; those in force first. `today` as `2026-11-24`. */
export function targetsOf(
	institutions: readonly Institution[],
	agreements: readonly Agreement[],
	serviceLine: ServiceLine,
	today: string,
): Target[] {
	const covering = agreements.filter((one) => one.service_lines.includes(serviceLine));
	return institutions
		.map((institution) => {
			const own = covering.filter((one) => one.invited_institution_id === institution.institution_id);
			const holding = own.filter((one) => one.valid_from <= today && today <= one.valid_to);
			return {
				institution,
				validTo: latest(holding.map((one) => one.valid_to)),
				endedOn: latest(own.filter((one) => one.valid_to < today).map((one) => one.valid_to)),
			};
		})
		.filter((target) => target.validTo !== null || target.endedOn !== null)
		.sort((a, b) => Number(b.validTo !== null) - Number(a.validTo !== null));
}

/** The one institution a request can go to, when there is exactly one. */
export function onlyTarget(targets: readonly Target[]): Target | null {
	const open = targets.filter((target) => target.validTo !== null);
	return open.length === 1 ? (open[0] ?? null) : null;
}
