import { describe, expect, it } from "vitest";
import { watchDisplay } from "../../../static/src/ecg/display.ts";
import { Station } from "../../../static/src/ecg/station.ts";

class FakeWindow extends EventTarget {
	devicePixelRatio = 1;
	readonly screen = { width: 1920, height: 1080, availLeft: 0, availTop: 0 };
	readonly visualViewport = Object.assign(new EventTarget(), { scale: 1 });
}

const storage = { getItem: () => '{"1920x1080@0,0":4}', setItem: () => undefined };

describe("the display", () => {
	it("is looked at now, when the page is zoomed, and when the window comes to another screen", () => {
		const window = new FakeWindow();
		const station = new Station();
		const stop = watchDisplay(window as unknown as Window, storage, station);
		expect(station.now.calibratedPxPerMm).toBe(4);
		window.devicePixelRatio = 2;
		window.dispatchEvent(new Event("resize"));
		expect(station.now.calibratedPxPerMm).toBe(2);
		window.screen.availLeft = 1920;
		window.dispatchEvent(new Event("focus"));
		expect(station.now.calibratedPxPerMm).toBeNull();
		stop();
		window.screen.availLeft = 0;
		window.dispatchEvent(new Event("focus"));
		expect(station.now.calibratedPxPerMm).toBeNull();
	});

	it("knows pinch zoom from none", () => {
		const window = new FakeWindow();
		const station = new Station();
		watchDisplay(window as unknown as Window, storage, station);
		window.visualViewport.scale = 1.001;
		window.visualViewport.dispatchEvent(new Event("resize"));
		expect(station.now.magnification).toBe(1);
		window.visualViewport.scale = 2;
		window.visualViewport.dispatchEvent(new Event("resize"));
		expect(station.now.magnification).toBe(2);
	});
});
