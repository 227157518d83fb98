// Starts the page of the air-quality index.
import "../../src/styles/tokens.css";
import "../../src/styles/base.css";
import "../../src/styles/layout.css";
import "../../src/styles/parts.css";
import "../../src/styles/tables.css";
import "../../src/styles/figures.css";
import "../../src/styles/forms.css";
import "../../src/styles/acting.css";
import "./air.css";
import { render } from "preact";
import { Air } from "./Air";

const place = document.getElementById("app");
if (!place) throw new Error("the page has no place to stand");
place.replaceChildren();
render(<Air />, place);
