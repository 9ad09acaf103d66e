/** Texts of the pages themselves: rails, status bar, the bar above the images. */
import { defineTexts } from "../kit/i18n.ts";

export const railTexts = defineTexts({
	zh: {
		newRequest: "新申请",
		requests: "我的申请",
		arrivals: "影像",
		worklist: "工作单",
		board: "调度",
		peers: "影像接收",
		accounts: "账号",
	},
	en: {
		newRequest: "New request",
		requests: "My requests",
		arrivals: "Images",
		worklist: "Worklist",
		board: "Dispatch",
		peers: "Image intake",
		accounts: "Accounts",
	},
});

export const footTexts = defineTexts({
	zh: {
		select: "选择",
		preview: "预览",
		read: "阅片",
		open: "打开",
		next: "下一例",
		column: "换列",
		assign: "指派",
		giveBack: "退回",
		undo: "撤销（8 秒内）",
		presets: "窗宽窗位",
		insert: "插入测量",
		all: "全部快捷键",
	},
	en: {
		select: "select",
		preview: "preview",
		read: "read",
		open: "open",
		next: "next case",
		column: "column",
		assign: "assign",
		giveBack: "return",
		undo: "undo (within 8 s)",
		presets: "window presets",
		insert: "insert measurement",
		all: "all shortcuts",
	},
});

export const readTexts = defineTexts({
	zh: {
		worklist: "工作单",
		context: "病例",
		question: "问题",
		call: "呼叫{name}",
		mouse: "左键 当前工具　右键 缩放　中键 平移　滚轮 翻层",
		next: "下一例",
		noNext: "没有下一例了",
		mine: "由我阅片",
		other: "{name} 阅片中，只读",
		signed: "报告已签发",
		insertMeasure: "插入最近的测量",
		opening: "正在打开检查…",
		failed: "检查没有打开",
	},
	en: {
		worklist: "Worklist",
		context: "Case",
		question: "Question",
		call: "Call {name}",
		mouse: "left: current tool · right: zoom · middle: pan · wheel: slices",
		next: "Next case",
		noNext: "There is no further case",
		mine: "I am reading",
		other: "{name} is reading; view only",
		signed: "The report is signed",
		insertMeasure: "insert the last measurement",
		opening: "Opening the study…",
		failed: "The study did not open",
	},
});
