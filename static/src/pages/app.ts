import { followSignOut } from "../identity/session.ts";
import { startPage } from "../ui/start.ts";
import App from "./App.svelte";
import { followLine } from "./line.ts";
import { followNavigation } from "./navigation.ts";

followNavigation();
followSignOut();
followLine();
startPage(App, {});
