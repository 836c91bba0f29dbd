"""dfk's training step (src/models/step.ts) or its swap path in PyTorch, as the peer to measure against.

The argument is JSON: threads, device, mode (train or swap), batch, generator and discriminator (the shapes of src/models), gan, half
(products in bfloat16, as autocast has them).
Reads a number of steps a line from stdin, takes them, and answers as stepping.py says.
"""

import torch

from losses import adversarial, blur_matrices, reconstruction
from networks import Discriminator, Generator
from stepping import answer, asked_for


def pictures(asked, channels):
    size = asked["generator"]["sizePx"]
    made = torch.rand(asked["batch"], channels, size, size, device=asked["device"])
    return made.to(memory_format=torch.channels_last)


def optimizer_of(model):
    return torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.99), eps=1e-8, fused=True)


def descend(loss, model, optimizer):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
    optimizer.step()


def halves(asked):
    """Products in bfloat16 where half precision is asked for, forward only; gradients follow."""
    return torch.autocast(asked["device"].split(":")[0], dtype=torch.bfloat16, enabled=bool(asked.get("half")))


def swap_step(asked, generator):
    """The source's decoder on the target's faces; like ours, the faces start and end in the memory of the process."""
    faces = pictures(asked, 3).cpu()

    def step():
        with torch.inference_mode(), halves(asked):
            rgb, mask = generator.source(generator.encode(faces.to(asked["device"]))[0])
            return rgb.cpu(), mask.cpu()

    return step


def train_step(asked, generator, judge):
    matrices = blur_matrices(asked["generator"]["sizePx"], asked["device"])
    warped = torch.cat([pictures(asked, 3), pictures(asked, 3)])
    warped = warped.contiguous(memory_format=torch.channels_last)
    truth = [[pictures(asked, channels) for channels in (3, 1, 1)] for _ in range(2)]
    landmarks = torch.rand(2 * asked["batch"], asked["generator"].get("landmarks", 0), device=asked["device"])
    adam, judge_adam = optimizer_of(generator), judge and optimizer_of(judge)
    average = [p.detach().clone() for p in generator.parameters()] if judge else []

    def forward():
        code, named = generator.encode(warped)
        made = [decoder(part) for decoder, part in zip((generator.source, generator.target), code.chunk(2))]
        loss = sum(reconstruction(one, *true, matrices) for one, true in zip(made, truth))
        if named is not None:
            loss = loss + 2 * (named - landmarks).abs().mean()
        fakes, reals = made[0][0] * truth[0][1], truth[0][0] * truth[0][1]
        if judge:
            judge.requires_grad_(False)
            loss = loss + 0.1 * adversarial(judge(fakes), True)
        return loss, fakes, reals

    def step():
        with halves(asked):
            loss, fakes, reals = forward()
        descend(loss, generator, adam)
        if judge:
            torch._foreach_lerp_(average, [p.detach() for p in generator.parameters()], 0.01)
            judge.requires_grad_(True)
            with halves(asked):
                judge_loss = (adversarial(judge(reals), True) + adversarial(judge(fakes.detach()), False)) * 0.5
            descend(judge_loss, judge, judge_adam)
        return loss.item()

    return step


def main():
    asked = asked_for()
    generator = Generator(asked["generator"]).to(asked["device"], memory_format=torch.channels_last)
    judge = None
    if asked.get("gan"):
        judge = Discriminator(asked["discriminator"]).to(asked["device"], memory_format=torch.channels_last)
    step = swap_step(asked, generator) if asked["mode"] == "swap" else train_step(asked, generator, judge)
    answer(step, [model for model in (generator, judge) if model])


main()
