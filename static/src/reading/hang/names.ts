/** What the protocols that come along, and their stages, are called; kept ones bear the words of who kept them. */
import { type Locale, locale } from "../../kit/i18n.ts";
import type { Protocol } from "./protocol.ts";

export const ENGLISH: Readonly<Record<string, string>> = {
	"胸部 CT 对照": "Chest CT with prior",
	"胸部 CT": "Chest CT",
	"头颅 CT 对照": "Head CT with prior",
	"头颅 CT": "Head CT",
	"腹部 CT 对照": "Abdominal CT with prior",
	"腹部 CT": "Abdominal CT",
	"MR 对照": "MR with prior",
	MR: "MR",
	平片对照: "Radiograph with prior",
	平片两位: "Radiograph, two views",
	乳腺四位对照: "Four breast views with prior",
	乳腺四位: "Four breast views",
	超声: "Ultrasound",
	肺窗对照: "Lung, with prior",
	纵隔窗对照: "Mediastinum, with prior",
	两窗对照: "Both windows, with prior",
	肺窗: "Lung",
	肺窗与纵隔窗: "Lung and mediastinum",
	脑窗对照: "Brain, with prior",
	骨窗对照: "Bone, with prior",
	脑窗: "Brain",
	脑窗与骨窗: "Brain and bone",
	软组织窗对照: "Soft tissue, with prior",
	肝窗对照: "Liver, with prior",
	软组织窗: "Soft tissue",
	软组织窗与肝窗: "Soft tissue and liver",
	"T2 对照": "T2 with prior",
	"T1 对照": "T1 with prior",
	单幅: "One image",
	四序列: "Four series",
	正位对照: "Frontal view, with prior",
	两位对照: "Both views, with prior",
	两位: "Both views",
	四位与既往: "Four views and prior",
	四位: "Four views",
	两幅: "Two images",
	CC: "CC",
	MLO: "MLO",
};

/** A protocol in the language in use. */
export function inWords(protocol: Protocol, of: Locale = locale()): Protocol {
	if (protocol.origin !== "builtin" || of !== "en") return protocol;
	const said = (name: string): string => ENGLISH[name] ?? name;
	const stages = protocol.stages.map((stage) => ({ ...stage, name: said(stage.name) }));
	return { ...protocol, name: said(protocol.name), stages };
}
