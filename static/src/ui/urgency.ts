/** How each urgency looks: a shape, a word and a colour, so that no meaning rests on colour alone. */
import type { IconName } from "./icons.ts";

export type UrgencyLevel = "critical" | "emergency" | "urgent" | "routine";

export interface UrgencyFace {
	readonly level: UrgencyLevel;
	readonly icon: IconName | null;
	/** 0 is first. */
	readonly rank: number;
}

const FACES: Readonly<Record<UrgencyLevel, UrgencyFace>> = {
	critical: { level: "critical", icon: "octagon", rank: 0 },
	emergency: { level: "emergency", icon: "chevronDouble", rank: 1 },
	urgent: { level: "urgent", icon: "chevron", rank: 2 },
	routine: { level: "routine", icon: null, rank: 3 },
};

/** An urgency this page does not know is shown as routine: it must not take a louder place by accident. */
export function urgencyFace(urgency: string): UrgencyFace {
	return Object.hasOwn(FACES, urgency) ? FACES[urgency as UrgencyLevel] : FACES.routine;
}
