/** Every word about documents beside the images. */
import { defineTexts } from "../../kit/i18n.ts";

export const documentTexts = defineTexts({
	zh: {
		title: "文书",
		list: "随检查来的文书",
		close: "关闭文书",
		none: "这次检查没有附带文书",
		noneHint: "申请单、报告单等封装文书（PDF）、结构化报告和扫描图像随检查到达后列在这里",
		pdf: "PDF",
		picture: "图像",
		report: "结构化报告",
		scan: "扫描图像",
		other: "文件",
		untitled: "未命名文书",
		loading: "正在取…",
		failed: "没有取到：{why}",
		again: "再试",
		shownInPane: "在图像区打开，可缩放；{count} 幅",
		cannotShow: "这种文件（{type}）不能在这里显示，可以下载后打开",
		open: "在新标签页打开",
		download: "下载",
	},
	en: {
		title: "Documents",
		list: "Documents that came with the study",
		close: "Close documents",
		none: "No documents came with this study",
		noneHint:
			"Requests and the like (encapsulated PDF), structured reports and scanned pages stand here once they arrive with the study",
		pdf: "PDF",
		picture: "Picture",
		report: "Structured report",
		scan: "Scanned",
		other: "File",
		untitled: "Untitled document",
		loading: "Loading…",
		failed: "Could not be fetched: {why}",
		again: "Try again",
		shownInPane:
			"Opens among the images, where it can be zoomed; {count, plural, one {# page} other {# pages}}",
		cannotShow: "This kind of file ({type}) cannot be shown here; download it to open it",
		open: "Open in a new tab",
		download: "Download",
	},
});
