/** One task of each kind that an agent may ask for, as its `human_task`. A new kind is one more entry. */

const delivery = {
  type: 'object',
  required: ['when', 'address', 'parcels', 'fragile'],
  properties: {
    when: { type: 'string', format: 'date', title: 'When may it come?' },
    parcels: { type: 'integer', minimum: 1, maximum: 9, description: 'How many parcels.' },
    fragile: { type: 'boolean', title: 'Is it fragile?' },
    address: {
      type: 'object',
      title: 'Address',
      required: ['street'],
      properties: { street: { type: 'string', maxLength: 80 }, country: { type: 'string', enum: ['DE', 'FR'] } },
    },
    extras: { type: 'array', items: { type: 'string', enum: ['photo', 'signature'] } },
    notes: { type: 'array', items: { type: 'string' } },
  },
};

export const asked = {
  confirmation: { title: 'Has the parcel arrived?', task_type: 'confirmation' },
  form: { title: 'Delivery', task_type: 'form', form_schema: delivery },
  clarification: { title: 'What colour shall it have?', task_type: 'clarification' },
  review: { title: 'Is this mail good to send?', task_type: 'review' },
  work: { title: 'Unlock the customer’s account', task_type: 'manual_action' },
  assignment: { title: 'Who takes this case?', task_type: 'assignment' },
  override: { title: 'The bot repeats itself', task_type: 'override' },
  choices: { title: 'Which colour shall it have?', task_type: 'clarification', choices: ['blue', 'red'] },
};
