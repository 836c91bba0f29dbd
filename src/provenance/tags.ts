/** The value of GB 45438-2025's metadata key `AIGC` for an output: generated (label 1), by whom, under which id. */
export function aigcMark(outputId: string): string {
  return JSON.stringify({
    Label: '1',
    ContentProducer: 'dfk',
    ProduceID: outputId,
    ReservedCode1: '',
    ContentPropagator: '',
    PropagateID: '',
    ReservedCode2: '',
  })
}
