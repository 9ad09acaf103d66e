/** The protocols that come along, for who has kept none. ECG and slides have their own workspaces. */
import { ANYONE, type Protocol, pane, type Stage, type Use, type Window } from "./protocol.ts";

const LUNG: Window = { center: -600, width: 1500 };
const MEDIASTINUM: Window = { center: 40, width: 350 };
const SOFT: Window = { center: 40, width: 400 };
const LIVER: Window = { center: 90, width: 150 };
const BONE: Window = { center: 480, width: 2500 };
const BRAIN: Window = { center: 40, width: 80 };
const LUNG_WORDS = ["肺窗", "肺", "lung", "高分辨"];
const MEDIASTINUM_WORDS = ["纵隔", "mediast", "软组织", "soft"];
const BONE_WORDS = ["骨", "bone"];
const BRAIN_WORDS = ["脑", "brain", "标准", "soft"];

function stage(name: string, layout: Stage["layout"], panes: Stage["panes"], linked = true): Stage {
	return { name, layout, panes, linked };
}

/** A window of the present study beside the same of its prior. */
function beside(name: string, words: readonly string[], window: Window | null): Stage {
	const rule = { plane: "axial", words } as const;
	return stage(name, "1x2", [pane(rule, { window }), pane({ ...rule, prior: 1 }, { window })]);
}

function alone(name: string, words: readonly string[], window: Window | null): Stage {
	return stage(name, "1x1", [pane({ words }, { window })], false);
}

function builtin(id: string, name: string, use: Partial<Use>, stages: readonly Stage[]): Protocol {
	const origin = "builtin";
	return { id, version: 0, name, origin, position: 0, canChange: false, use: { ...ANYONE, ...use }, stages };
}

const CHEST = { modalities: ["CT"], regions: ["chest"] } as const;
const HEAD = { modalities: ["CT"], regions: ["head"] } as const;
const BELLY = { modalities: ["CT"], regions: ["abdomen", "pelvis"] } as const;
const PLAIN = { modalities: ["CR", "DX", "DR"] } as const;
const BREASTS = { modalities: ["MG"] } as const;

function breasts(prior: number): Stage["panes"] {
	const view = (name: "CC" | "MLO", side: "L" | "R") =>
		pane({ prior, view: name, side }, { toward: side === "R" ? "right" : "left" });
	return [view("CC", "R"), view("CC", "L"), view("MLO", "R"), view("MLO", "L")];
}

function pair(view: "CC" | "MLO"): Stage {
	const panes = breasts(0).filter((one) => one.series.view === view);
	return stage(view, "1x2", panes, false);
}

export const BUILTIN: readonly Protocol[] = [
	builtin("ct-chest-prior", "胸部 CT 对照", { ...CHEST, priorsMin: 1 }, [
		beside("肺窗对照", LUNG_WORDS, LUNG),
		beside("纵隔窗对照", MEDIASTINUM_WORDS, MEDIASTINUM),
		stage("两窗对照", "2x2", [
			...beside("", LUNG_WORDS, LUNG).panes,
			...beside("", MEDIASTINUM_WORDS, MEDIASTINUM).panes,
		]),
	]),
	builtin("ct-chest", "胸部 CT", CHEST, [
		alone("肺窗", LUNG_WORDS, null),
		stage("肺窗与纵隔窗", "1x2", [
			pane({ plane: "axial", words: LUNG_WORDS }, { window: LUNG }),
			pane({ plane: "axial", words: MEDIASTINUM_WORDS }, { window: MEDIASTINUM }),
		]),
	]),
	builtin("ct-head-prior", "头颅 CT 对照", { ...HEAD, priorsMin: 1 }, [
		beside("脑窗对照", BRAIN_WORDS, BRAIN),
		beside("骨窗对照", BONE_WORDS, BONE),
	]),
	builtin("ct-head", "头颅 CT", HEAD, [
		alone("脑窗", BRAIN_WORDS, null),
		stage("脑窗与骨窗", "1x2", [
			pane({ plane: "axial", words: BRAIN_WORDS }, { window: BRAIN }),
			pane({ plane: "axial", words: BONE_WORDS }, { window: BONE }),
		]),
	]),
	builtin("ct-abdomen-prior", "腹部 CT 对照", { ...BELLY, priorsMin: 1 }, [
		beside("软组织窗对照", MEDIASTINUM_WORDS, SOFT),
		beside("肝窗对照", MEDIASTINUM_WORDS, LIVER),
	]),
	builtin("ct-abdomen", "腹部 CT", BELLY, [
		alone("软组织窗", MEDIASTINUM_WORDS, null),
		stage("软组织窗与肝窗", "1x2", [
			pane({ plane: "axial", words: MEDIASTINUM_WORDS }, { window: SOFT }),
			pane({ plane: "axial", words: MEDIASTINUM_WORDS }, { window: LIVER }),
		]),
	]),
	builtin("mr-prior", "MR 对照", { modalities: ["MR"], priorsMin: 1 }, [
		stage("T2 对照", "1x2", [pane({ words: ["t2", "flair"] }), pane({ prior: 1, words: ["t2", "flair"] })]),
		stage("T1 对照", "1x2", [pane({ words: ["t1"] }), pane({ prior: 1, words: ["t1"] })]),
	]),
	builtin("mr", "MR", { modalities: ["MR"], seriesMin: 2 }, [
		alone("单幅", [], null),
		stage("四序列", "2x2", [
			pane({ words: ["t2"], without: ["flair"] }),
			pane({ words: ["t1"], without: ["+c", "增强"] }),
			pane({ words: ["flair", "压脂", "stir"] }),
			pane({ words: ["dwi", "弥散", "+c", "增强"] }),
		]),
	]),
	builtin("plain-prior", "平片对照", { ...PLAIN, priorsMin: 1 }, [
		stage("正位对照", "1x2", [pane({ order: 0 }), pane({ prior: 1, order: 0 })], false),
		stage(
			"两位对照",
			"2x2",
			[pane({ order: 0 }), pane({ prior: 1, order: 0 }), pane({ order: 1 }), pane({ prior: 1, order: 1 })],
			false,
		),
	]),
	builtin("plain", "平片两位", { ...PLAIN, seriesMin: 2 }, [
		stage("两位", "1x2", [pane({ order: 0 }), pane({ order: 1 })], false),
	]),
	builtin("mg-prior", "乳腺四位对照", { ...BREASTS, priorsMin: 1, seriesMin: 2 }, [
		stage("四位与既往", "2x4", [...breasts(0), ...breasts(1)], false),
		stage("四位", "1x4", breasts(0), false),
		pair("CC"),
		pair("MLO"),
	]),
	builtin("mg", "乳腺四位", { ...BREASTS, seriesMin: 2 }, [
		stage("四位", "1x4", breasts(0), false),
		pair("CC"),
		pair("MLO"),
	]),
	builtin("us", "超声", { modalities: ["US"] }, [
		alone("单幅", [], null),
		stage("两幅", "1x2", [pane({ order: 0 }), pane({ order: 1 })], false),
	]),
];
