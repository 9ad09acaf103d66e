/** What the windows of one reading workspace tell each other. Plain values; read with care: any page of this
 * origin may post. */

/** `main` is where the reading began; the second window has the report, or more images. */
export const WINDOW_ROLES = ["main", "report", "images"] as const;
export type WindowRole = (typeof WINDOW_ROLES)[number];

export interface MeasuredText {
	readonly text: string;
	readonly studyInstanceUid: string;
	readonly markId: string;
}

export type Message =
	/** I am here; `answer` asks the others to say so, too. */
	| { readonly kind: "here"; readonly role: WindowRole; readonly answer: boolean }
	| { readonly kind: "gone"; readonly role: WindowRole }
	/** The slice that is looked at. */
	| {
			readonly kind: "slice";
			readonly sopInstanceUid: string;
			readonly frameNumber: number;
			/** As people say it. */
			readonly label: string;
	  }
	/** Show the slice of this mark and select it. */
	| { readonly kind: "show"; readonly markId: string }
	/** Write this into the report. */
	| ({ readonly kind: "insert" } & MeasuredText)
	/** A mark says something else now. */
	| { readonly kind: "said"; readonly markId: string; readonly text: string }
	/** The next case: an address of this origin. */
	| { readonly kind: "follow"; readonly href: string }
	/** Everything comes back into one window. */
	| { readonly kind: "close" };

type Fields = Readonly<Record<string, unknown>>;

const TEXT_MAX = 400;
const PATH = /^\/read\/[0-9.]+(\?[\w=&.%-]*)?$/;

function isText(value: unknown): value is string {
	return typeof value === "string" && value.length <= TEXT_MAX;
}

function roleOf(value: unknown): WindowRole | null {
	return WINDOW_ROLES.find((one) => one === value) ?? null;
}

const READERS: { readonly [Kind in Message["kind"]]: (from: Fields) => Message | null } = {
	here: ({ role, answer }) => {
		const known = roleOf(role);
		return known === null ? null : { kind: "here", role: known, answer: answer === true };
	},
	gone: ({ role }) => {
		const known = roleOf(role);
		return known === null ? null : { kind: "gone", role: known };
	},
	slice: ({ sopInstanceUid, frameNumber, label }) =>
		isText(sopInstanceUid) && Number.isInteger(frameNumber) && isText(label)
			? { kind: "slice", sopInstanceUid, frameNumber: frameNumber as number, label }
			: null,
	show: ({ markId }) => (isText(markId) ? { kind: "show", markId } : null),
	insert: ({ text, studyInstanceUid, markId }) =>
		isText(text) && isText(studyInstanceUid) && isText(markId)
			? { kind: "insert", text, studyInstanceUid, markId }
			: null,
	said: ({ markId, text }) => (isText(markId) && isText(text) ? { kind: "said", markId, text } : null),
	follow: ({ href }) => (isText(href) && PATH.test(href) ? { kind: "follow", href } : null),
	close: () => ({ kind: "close" }),
};

/** The message in what was posted; null for anything else. */
export function readMessage(value: unknown): Message | null {
	if (typeof value !== "object" || value === null) return null;
	const from = value as Fields;
	const { kind } = from;
	if (typeof kind !== "string" || !Object.hasOwn(READERS, kind)) return null;
	return READERS[kind as Message["kind"]](from);
}

/** The address of a study's page in the second window. */
export function hrefInRole(href: string, role: WindowRole): string {
	const [path = "", query = ""] = href.split("?");
	const params = new URLSearchParams(query);
	params.delete("window");
	params.delete("mark");
	if (role !== "main") params.set("window", role);
	const rest = params.toString();
	return rest === "" ? path : `${path}?${rest}`;
}

/** The window that an address is for. */
export function roleInAddress(search: string): WindowRole {
	return roleOf(new URLSearchParams(search).get("window")) ?? "main";
}
