import { MANAGER_TYPES, type ManagerType } from '../../src/secrets/managers/registry.ts';
import { secretManagerFaults } from './secret-manager-faults.contract.ts';
import { secretManagerContract } from './secret-manager.contract.ts';
import type { ManagerStage } from './secret-manager.stage.ts';
import { commandStage } from './secret-managers/command.ts';

/** Every registered manager needs an entry: the compiler refuses a missing one. */
const STAGES: Readonly<Record<ManagerType, Readonly<Record<string, ManagerStage>>>> = {
  command: {
    'a program that prints a value': commandStage('text'),
    'a program that prints an object': commandStage('json'),
  },
};

for (const type of MANAGER_TYPES)
  for (const [title, stage] of Object.entries(STAGES[type])) {
    secretManagerContract(title, stage);
    secretManagerFaults(title, stage);
  }
