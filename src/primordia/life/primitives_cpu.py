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


@intrinsic
def _prefetch(typing_context, rows, row):
    """A prefetch for writing, to be kept in the nearest cache."""

    def generate(context, builder, signature, arguments):
        array = make_array(signature.args[0])(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, array.strides)[0]
        place = cgutils.pointer_add(builder, array.data, builder.mul(arguments[1], stride))
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
        builder.call(function, [builder.bitcast(place, pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(rows, types.intp), generate


@overload(primitives.fetch_ahead)
def _fetch_ahead(rows, row):
    return lambda rows, row: _prefetch(rows, row)
