//! Containers of erased values: their values move somewhere else, and then the new image puts them together.

use hot_rt::rt::versioned::Filled;

use super::{
    fill::Fill,
    memory::{Block, Run, array},
};
use crate::judge::moving::{ContainerPlan, KindPlan};

impl Fill<'_> {
    /// # Safety
    /// As [`values`](Fill::values), of one such container.
    pub(super) unsafe fn container(&mut self, plan: &ContainerPlan, from: *mut u8, to: *mut u8) {
        let ContainerPlan { old, new, kinds, .. } = plan;
        let found = self.containers.next().expect("the walk has met it");
        let (mut filled, mut blocks) = (Vec::new(), Vec::new());
        for (kind, runs) in kinds.iter().zip(found) {
            let Some(KindPlan { node, to, layouts: [was, is] }) = kind else {
                // It was seen to have none.
                filled.push(Filled { kind: 0, at: std::ptr::null_mut(), size: 0, left: 0 });
                continue;
            };
            let count = runs.iter().map(|(_, count)| count).sum();
            let block = Block::new(array(*is, count));
            let mut done = block.at();
            for (at, count) in runs {
                let from = Run { at: at.cast_mut(), stride: was.size() };
                // SAFETY: the container has listed them, and there is room for as many.
                unsafe {
                    self.values(*node, from, Run { at: done, stride: is.size() }, count);
                    done = done.add(count * is.size());
                }
            }
            filled.push(Filled { kind: *to, at: block.at(), size: is.size(), left: count });
            blocks.push(block);
        }
        // SAFETY: the values have moved, so that of the old container only what is left has to be freed. All
        // new ones are given to the new container; then their blocks are empty.
        unsafe {
            let frame = (old.functions.take_apart)(old, from);
            (new.functions.put_together)(new, frame, &mut filled, to);
        }
    }
}
