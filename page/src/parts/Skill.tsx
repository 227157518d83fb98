// How well a model predicts, beside predicting no change: two bars of error and one sentence.
import "../styles/catalogue.css";
import type { ModelRow } from "../api/shapes";
import { skillWords } from "../text/models";
import { formatMeasure } from "../text/numbers";

export function Skill({ skill }: { skill: NonNullable<ModelRow["skill"]> }) {
  const most = Math.max(skill.error, skill.baseline ?? 0) || 1;
  return (
    <div class="skill">
      <p class="skill-words">{skillWords(skill)}</p>
      {skill.baseline !== null && (
        <>
          <Line name="Its error" value={skill.error} most={most} unit={skill.unit} isOwn />
          <Line name="No change" value={skill.baseline} most={most} unit={skill.unit} />
        </>
      )}
    </div>
  );
}

interface LineProps {
  name: string;
  value: number;
  most: number;
  unit: string;
  isOwn?: boolean;
}

function Line({ name, value, most, unit, isOwn }: LineProps) {
  return (
    <div class={`skill-line${isOwn ? " own" : ""}`}>
      <span>{name}</span>
      <span class="skill-bar" aria-hidden="true">
        <span style={{ width: `${(value / most) * 100}%` }} />
      </span>
      <span class="number">{formatMeasure(value, unit)}</span>
    </div>
  );
}
