/** The reading page begins with its first picture; all that stands around it comes after. */
import { paintFirst } from "../reading/first.ts";
import { makeStation } from "../reading/open.ts";
import { readAddress } from "./study.ts";
import "./read.css";

/** On a thin line the patient and the question are there before the picture is. */
const PATIENCE_MS = 1500;

const address = readAddress(location.pathname, location.search);
const station = makeStation(address.studyInstanceUid);
const first = document.querySelector<HTMLCanvasElement>("#first");
if (first === null) throw new Error("the page has no #first element");
first.dataset.beside = address.consultId === null ? "nothing" : "report";

const showPage = (): void => {
	void import("./read_page.ts").then(({ startReading }) => startReading({ ...address, station }));
};

if (new URLSearchParams(location.search).get("window") === "report") {
	first.remove();
	showPage();
} else {
	paintFirst(station, first, PATIENCE_MS, showPage);
	void station.open();
}
