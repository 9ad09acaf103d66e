/** The steps of a case as a timeline, and the evidence kept at submission as a list of guards. */
import type { components } from "../../api/schema.gen.ts";
import { documentTime, shortDateTime } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import type { Guard } from "../../ui/guards.ts";
import type { IconName } from "../../ui/icons.ts";
import type { TimelineItem } from "../../ui/timeline.ts";
import { texts } from "./texts.ts";

type StepOut = components["schemas"]["StepOut"];
type Evidence = components["schemas"]["EvidenceOut"];
type Verb = components["schemas"]["Verb"];

type DoneText =
	| "doSubmit"
	| "doWithdraw"
	| "doAccept"
	| "doReturn"
	| "doDecline"
	| "doAssign"
	| "doClaim"
	| "doStart"
	| "doAbandon"
	| "doSign"
	| "doAdopt";

interface Face {
	readonly text: DoneText;
	readonly icon: IconName;
	readonly tone: NonNullable<TimelineItem["tone"]>;
}

const FACES: Readonly<Record<Verb, Face>> = {
	submit: { text: "doSubmit", icon: "send", tone: "accent" },
	withdraw: { text: "doWithdraw", icon: "strike", tone: "plain" },
	accept: { text: "doAccept", icon: "check", tone: "plain" },
	return: { text: "doReturn", icon: "return", tone: "orange" },
	decline: { text: "doDecline", icon: "cross", tone: "orange" },
	assign: { text: "doAssign", icon: "user", tone: "plain" },
	claim: { text: "doClaim", icon: "inbox", tone: "plain" },
	start: { text: "doStart", icon: "eye", tone: "plain" },
	abandon: { text: "doAbandon", icon: "swap", tone: "plain" },
	sign: { text: "doSign", icon: "shield", tone: "green" },
	adopt: { text: "doAdopt", icon: "checkDouble", tone: "green" },
};
const WITH_REASON: ReadonlySet<Verb> = new Set(["withdraw", "return", "decline", "abandon"]);

export interface CourseItem extends TimelineItem {
	readonly verb: Verb;
}

export function courseOf(steps: readonly StepOut[]): CourseItem[] {
	return steps.map((step, index) => {
		const face = FACES[step.verb];
		const note = WITH_REASON.has(step.verb) ? say(t(texts).reasonNote, { note: step.note }) : step.note;
		return {
			key: `${step.at} ${index}`,
			at: step.at,
			icon: face.icon,
			tone: face.tone,
			actor: step.actor_name,
			text: say(t(texts)[face.text], { subject: step.subject_name }),
			verb: step.verb,
			...(step.note === "" ? {} : { note }),
		};
	});
}

const GUARD_TEXT = {
	agreement_in_force: "guardAgreement",
	consent_recorded: "guardConsent",
	data_complete: "guardData",
} as const;

function factsOf({ guard, facts }: Evidence): string {
	if (guard === "agreement_in_force") {
		if (facts.ended) return say(t(texts).agreementEnded, { day: facts.ended });
		return facts.valid_to ? say(t(texts).agreementUntil, { day: facts.valid_to }) : "";
	}
	if (guard === "data_complete") return t(texts).dataThere;
	const how = facts.kind === "verbal_emergency" ? t(texts).verbalEmergency : t(texts).signedPaper;
	return facts.at ? `${how} · ${shortDateTime(facts.at)}` : how;
}

export interface EvidenceRow extends Guard {
	readonly rule: string;
}

/** The verdicts kept at the latest submission, one row for each guard. */
export function evidenceOf(evidence: readonly Evidence[]): EvidenceRow[] {
	const newest = new Map<string, Evidence>();
	for (const one of evidence) {
		const known = newest.get(one.guard);
		if (!known || known.at <= one.at) newest.set(one.guard, one);
	}
	return [...newest.values()].map((one) => ({
		key: one.guard,
		state: one.passed ? "passed" : "failed",
		label: t(texts)[GUARD_TEXT[one.guard]],
		facts: factsOf(one),
		rule: say(t(texts).rules, { version: one.rules_version, time: documentTime(one.at) }),
	}));
}
