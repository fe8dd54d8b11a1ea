"""The functions of `primordia.life.primitives` for the CPU: LLVM code, vectors as wide as the machine has them.

Imported by the compiler door only, because it needs Numba.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array

from primordia.life import primitives

BYTES_64 = ir.VectorType(ir.IntType(8), 64)
WORD = ir.IntType(64)


def _broadcast(builder, byte):
    """A vector of 64 copies of one byte."""
    single = builder.insert_element(ir.Constant(BYTES_64, ir.Undefined), byte, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), 64), None)
    return builder.shuffle_vector(single, ir.Constant(BYTES_64, ir.Undefined), lanes)


@intrinsic
def _matches_64(typing_context, tape, start, keep, low, span):
    """One 64-byte load, and, subtract and compare; the 64 answers as bits of a word."""

    def generate(context, builder, signature, arguments):
        array = make_array(signature.args[0])(context, builder, arguments[0])
        place = cgutils.pointer_add(builder, array.data, arguments[1])
        pointer = builder.bitcast(place, BYTES_64.as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 1
        keep_all, low_all, span_all = (_broadcast(builder, byte) for byte in arguments[2:])
        shifted = builder.sub(builder.and_(loaded, keep_all), low_all)
        return builder.bitcast(builder.icmp_unsigned("<=", shifted, span_all), WORD)

    byte = types.uint8
    return types.uint64(tape, types.intp, byte, byte, byte), generate


@overload(primitives.byte_matches, jit_options={"forceinline": True})
def _byte_matches(tape, start, keep, low, span):
    def vector_form(tape, start, keep, low, span):
        if tape.size - start >= 64:
            return _matches_64(tape, start, keep, low, span)
        found = types.uint64(0)
        for i in range(min(64, tape.size - start)):
            if types.uint8((tape[start + i] & keep) - low) <= span:
                found |= types.uint64(1) << types.uint64(i)
        return found

    return vector_form


def _word_intrinsic(emit):
    """A function of one 64-bit word, of which `emit(builder, word)` writes the code."""

    @intrinsic
    def count(typing_context, word):
        return types.int64(types.uint64), lambda context, builder, signature, arguments: emit(builder, arguments[0])

    return count


NEVER_ZERO = ir.Constant(ir.IntType(1), 1)  # "a zero word has no answer", which spares the machine a test
_trailing_zeros = _word_intrinsic(lambda builder, word: builder.cttz(word, NEVER_ZERO))
_leading_zeros = _word_intrinsic(lambda builder, word: builder.ctlz(word, NEVER_ZERO))


@overload(primitives.lowest_bit)
def _lowest_bit(word):
    return lambda word: _trailing_zeros(word)


@overload(primitives.highest_bit)
def _highest_bit(word):
    return lambda word: 63 - _leading_zeros(word)


def _row_place(context, builder, table_type, table, row):
    """The address of a row of a table."""
    array = make_array(table_type)(context, builder, table)
    stride = cgutils.unpack_tuple(builder, array.strides)[0]
    return cgutils.pointer_add(builder, array.data, builder.mul(row, stride))


@intrinsic
def _prefetch(typing_context, rows, row):
    """A prefetch for writing, to be kept in the nearest cache."""

    def generate(context, builder, signature, arguments):
        place = _row_place(context, builder, signature.args[0], *arguments)
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
        builder.call(function, [builder.bitcast(place, pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(rows, types.intp), generate


@overload(primitives.fetch_ahead)
def _fetch_ahead(rows, row):
    return lambda rows, row: _prefetch(rows, row)


def _stack_room(number, length):
    """A function that gives an array of so many numbers in the frame of its caller, as a pointer."""
    width = ir.IntType(number.bitwidth)

    @intrinsic
    def stack_room(typing_context):
        def generate(context, builder, signature, arguments):
            room = cgutils.alloca_once(builder, ir.ArrayType(width, length))
            return builder.bitcast(room, width.as_pointer())

        return types.CPointer(number)(), generate

    return stack_room


_scratch_bytes = _stack_room(types.uint8, 640)
_room_bytes = _stack_room(types.uint8, 2112)
_room_words = _stack_room(types.uint16, 2112)


# Inlined, because the room lies in the frame of the function that this becomes a part of.
@overload(primitives.scratch, inline="always")
def _scratch():
    return lambda: _scratch_bytes()


@overload(primitives.room, inline="always")
def _room():
    return lambda: _room_bytes()


@overload(primitives.wide_room, inline="always")
def _wide_room():
    return lambda: _room_words()


@intrinsic
def _fetch_and_add_one(typing_context, tickets):
    """An atomic addition of one to the first element; returns what was there before."""

    def generate(context, builder, signature, arguments):
        array = make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", array.data, WORD(1), "seq_cst")

    return types.int64(tickets), generate


@overload(primitives.take_ticket)
def _take_ticket(tickets):
    return lambda tickets: _fetch_and_add_one(tickets)


def _row_copy(to_tape):
    """A copy of 64 bytes between a row of a table and a tape, as one vector."""

    @intrinsic
    def copy(typing_context, rows, row, tape, start):
        def generate(context, builder, signature, arguments):
            table_type, _, tape_type, _ = signature.args
            array = make_array(tape_type)(context, builder, arguments[2])
            ends = [
                _row_place(context, builder, table_type, *arguments[:2]),
                cgutils.pointer_add(builder, array.data, arguments[3]),
            ]
            source, target = ends if to_tape else reversed(ends)
            loaded = builder.load(builder.bitcast(source, BYTES_64.as_pointer()))
            loaded.align = 1
            builder.store(loaded, builder.bitcast(target, BYTES_64.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.none(rows, types.intp, tape, types.intp), generate

    return copy


_take_64 = _row_copy(to_tape=True)
_put_64 = _row_copy(to_tape=False)


@overload(primitives.take_row, jit_options={"forceinline": True})
def _take_row(rows, row, tape, start):
    def vector_form(rows, row, tape, start):
        if rows.shape[1] == 64:
            _take_64(rows, row, tape, start)
        else:
            for i in range(rows.shape[1]):
                tape[start + i] = rows[row, i]

    return vector_form


@overload(primitives.put_row, jit_options={"forceinline": True})
def _put_row(rows, row, tape, start):
    def vector_form(rows, row, tape, start):
        if rows.shape[1] == 64:
            _put_64(rows, row, tape, start)
        else:
            for i in range(rows.shape[1]):
                rows[row, i] = tape[start + i]

    return vector_form
