import { followSignOut } from "../identity/session.ts";
import { startPage } from "../ui/start.ts";
import App from "./App.svelte";
import { followNavigation } from "./navigation.ts";

followNavigation();
followSignOut();
startPage(App, {});
