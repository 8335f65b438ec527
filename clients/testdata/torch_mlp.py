"""Train a network on handwritten digits, all of them in each step, until told to stop, and log what its optimizer holds."""

import csv
import gzip
import sys
import time

import torch
from torch import nn

import opttui

torch.manual_seed(0)
torch.set_num_threads(1)
with gzip.open(sys.argv[1], "rt") as f:
    table = torch.tensor([[float(v) for v in row] for row in list(csv.reader(f))[1:]])
x, y = table[:, :-1] / 16, table[:, -1].long()
model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)

with opttui.connect() as run:
    run.bind(optimizer)

    @run.on_checkpoint
    def save():
        torch.save(model.state_dict(), sys.argv[2])
        return sys.argv[2]

    step = 0
    while not run.stopping:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        norm = sum(p.detach().square().sum() for p in model.parameters()).sqrt()
        held = {"held." + k: v for k, v in optimizer.param_groups[0].items() if k in ("lr", "momentum", "weight_decay")}
        run.log(step=step, loss=loss, norm=norm, **held)
        step += 1
        time.sleep(0.005)  # a test that gets no processor for a while still sees each step
